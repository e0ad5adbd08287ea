namespace Concord.Stores.Http;

/// <summary>
/// The file behind an address is not the version any more that the store shows. Nothing of the new one was read: a
/// flush and purge of the cached file (or <see cref="BackingStore.Refresh"/>) goes on with it.
/// </summary>
public sealed class StoreChangedException : IOException
{
    /// <summary>Makes the exception.</summary>
    /// <param name="name">The store's name.</param>
    /// <param name="known">The version that the store shows, in words.</param>
    /// <param name="found">The version that the server has now, in words.</param>
    public StoreChangedException(string name, string known, string found)
        : base($"{name} has changed: {known} before, {found} now; purge the file to go on with the new version")
    {
        Known = known;
        Found = found;
    }

    /// <summary>The version that the store shows, in words.</summary>
    public string Known { get; }

    /// <summary>The version that the server has now, in words.</summary>
    public string Found { get; }
}
