using Concord.Stores;

namespace Concord;

/// <summary>The access, sharing and options that a handle was opened with.</summary>
/// <param name="Access">What is done through it.</param>
/// <param name="Share">What other openings may do meanwhile.</param>
/// <param name="Options">How it is used.</param>
internal readonly record struct HandleTerms(FileAccess Access, FileShare Share, FileOptions Options)
{
    internal bool CanRead => (Access & FileAccess.Read) != 0;

    internal bool CanWrite => (Access & FileAccess.Write) != 0;

    /// <summary>Whether each write is durable when its call returns.</summary>
    internal bool WritesThrough => (Options & FileOptions.WriteThrough) != 0;

    internal Sharing Sharing => new(Access, Share);

    /// <summary>The terms of a handle of a store: it writes if the store takes writes.</summary>
    internal static HandleTerms OfStore(BackingStore store, FileShare share) =>
        new(store.Traits.CanWrite ? FileAccess.ReadWrite : FileAccess.Read, share, FileOptions.None);

    /// <summary>The terms of a view's handle: it shares with every other opening.</summary>
    internal static HandleTerms OfView(bool canWrite, bool writesThrough) => new(
        canWrite ? FileAccess.ReadWrite : FileAccess.Read,
        FileShare.ReadWrite,
        writesThrough ? FileOptions.WriteThrough : FileOptions.None);
}
