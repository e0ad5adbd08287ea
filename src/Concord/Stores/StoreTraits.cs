using Concord.Interop;

namespace Concord.Stores;

/// <summary>
/// The properties of a store, read once at each opening and nowhere else. If a property throws, or is impossible, the
/// opening is refused. A later change of a property has no effect.
/// </summary>
internal sealed class StoreTraits
{
    /// <summary>Reads the properties of a store.</summary>
    internal StoreTraits(BackingStore store)
    {
        Name = NameOf(store);
        Label = ShownText.Of(Name);
        Identity = Ask(store, nameof(Identity), static store => new StoreIdentity(store.Identity))
            ?? new StoreIdentity(this);
        CanWrite = Ask(store, nameof(CanWrite), static store => store.CanWrite);
        IsMemory = Ask(store, nameof(IsMemory), static store => store.IsMemory);
        IsImmediate = Ask(store, nameof(IsImmediate), static store => store.IsImmediate);
        MaxLength = Ask(store, nameof(MaxLength), static store => store.MaxLength);
        MaxConcurrentRequests = Count(store, nameof(store.MaxConcurrentRequests), static s => s.MaxConcurrentRequests);
        MaxRequestBytes = Count(store, nameof(store.MaxRequestBytes), static store => store.MaxRequestBytes);
        BestRequestBytes = Math.Min(
            MaxRequestBytes, Count(store, nameof(store.BestRequestBytes), static store => store.BestRequestBytes));
        FilesBelow = Ask(store, nameof(FilesBelow), AskFilesBelow) ?? [];
        if (MaxLength < 0) Refusal ??= Refused($"it says that it holds at most {MaxLength} bytes");
        if (Array.Exists(FilesBelow, static file => file is null))
        {
            Refusal ??= Refused("it says that one of the files below it is null");
        }
    }

    /// <summary>What the file is called: the store's type where the store has no name, or throws.</summary>
    internal string Name { get; }

    /// <summary>The name as messages show it, with hidden and control characters escaped.</summary>
    internal string Label { get; }

    internal StoreIdentity Identity { get; }

    internal bool CanWrite { get; }

    internal bool IsMemory { get; }

    internal bool IsImmediate { get; }

    internal long MaxLength { get; }

    /// <summary>How many reads the calls for long ranges of one file keep in flight.</summary>
    internal int MaxConcurrentRequests { get; }

    /// <summary>The most bytes of one read.</summary>
    internal int MaxRequestBytes { get; }

    /// <summary>The length of reads that the store likes; no more than the most.</summary>
    internal int BestRequestBytes { get; }

    internal ICoherentFile[] FilesBelow { get; }

    /// <summary>Whether the store names the files below, or says that there are none.</summary>
    internal bool NamesFilesBelow { get; private set; }

    /// <summary>Why the store cannot be opened: a property threw, or is impossible. Null if it can be opened.</summary>
    internal IOException? Refusal { get; private set; }

    /// <summary>The name of a store that is not open yet.</summary>
    internal static string NameOf(BackingStore store)
    {
        string type = store.GetType().Name;
        try
        {
            return store.Name ?? type;
        }
        catch (Exception error)
        {
            // Only messages need the name: a store without one can be opened.
            return $"{type} (whose name failed: {error.GetType().Name})";
        }
    }

    private ICoherentFile[] AskFilesBelow(BackingStore store)
    {
        var below = store.FilesBelow;
        NamesFilesBelow = below != BackingStore.Unnamed;
        return [.. below];
    }

    /// <summary>Asks for a number that is 1 or more.</summary>
    private int Count(BackingStore store, string what, Func<BackingStore, int> ask)
    {
        int count = Ask(store, what, ask);
        if (count < 1) Refusal ??= Refused($"it says that its {what} is {count}");
        return Math.Max(1, count);
    }

    private T? Ask<T>(BackingStore store, string what, Func<BackingStore, T> ask)
    {
        try
        {
            return ask(store);
        }
        catch (Exception error)
        {
            Refusal ??= Refused($"its {what} failed ({error.GetType().Name}): {ShownText.Of(error)}", error);
            return default;
        }
    }

    private IOException Refused(string why, Exception? error = null) => new($"{Label} cannot be opened: {why}", error);
}
