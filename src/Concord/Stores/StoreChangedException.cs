namespace Concord;

/// <summary>
/// The bytes behind a store are not the version any more that the store shows: somebody has replaced them. Nothing of
/// the new version was read: a flush and purge of the cached file (or <see cref="BackingStore.Refresh"/>) goes on with
/// it. A store throws it; a read of a cached file throws an <see cref="IOException"/> with it inside.
/// </summary>
public sealed class StoreChangedException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="name">The store's name.</param>
    /// <param name="known">The version that the store shows, in words.</param>
    /// <param name="found">The version that there is now, in words.</param>
    public StoreChangedException(string name, string known, string found)
        : base($"{name} has changed: {known} before, {found} now; purge the file to go on with the new version")
    {
        StoreName = name;
        Known = known;
        Found = found;
    }

    /// <summary>The name of the store that changed: another one may be built on it.</summary>
    internal string StoreName { get; }

    /// <summary>The version that the store shows, in words.</summary>
    public string Known { get; }

    /// <summary>The version that there is now, in words.</summary>
    public string Found { get; }
}
