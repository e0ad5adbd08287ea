using Concord.Stores;

namespace Concord;

/// <summary>What a handle was opened for.</summary>
/// <param name="Access">What is done through it.</param>
/// <param name="Share">What others may do meanwhile.</param>
/// <param name="Options">How it is used.</param>
internal readonly record struct HandleTerms(FileAccess Access, FileShare Share, FileOptions Options)
{
    internal bool CanRead => (Access & FileAccess.Read) != 0;

    internal bool CanWrite => (Access & FileAccess.Write) != 0;

    /// <summary>Whether each write is durable when its call returns.</summary>
    internal bool WritesThrough => (Options & FileOptions.WriteThrough) != 0;

    internal Sharing Sharing => new(Access, Share);

    /// <summary>For a handle of a store, which says itself whether it is written.</summary>
    internal static HandleTerms OfStore(BackingStore store, FileShare share) =>
        new(store.CanWrite ? FileAccess.ReadWrite : FileAccess.Read, share, FileOptions.None);

    /// <summary>For the handle that a view has: whatever others do.</summary>
    internal static HandleTerms OfView(bool canWrite, bool writesThrough) => new(
        canWrite ? FileAccess.ReadWrite : FileAccess.Read,
        FileShare.ReadWrite,
        writesThrough ? FileOptions.WriteThrough : FileOptions.None);
}
