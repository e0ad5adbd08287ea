namespace Concord.Stores;

/// <summary>
/// Opens stores of remote files: the first refresh finds the file, and a store that finds none is disposed.
/// </summary>
internal static class FirstRefresh
{
    /// <summary>Refreshes a new store. Blocks until its server has answered.</summary>
    internal static TStore Of<TStore>(TStore store)
        where TStore : BackingStore
    {
        try
        {
            store.Refresh();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Refreshes a new store as <see cref="Of"/> does, without blocking the caller.</summary>
    internal static async Task<TStore> OfAsync<TStore>(TStore store, CancellationToken cancellationToken)
        where TStore : BackingStore
    {
        try
        {
            await store.RefreshAsync(cancellationToken).ConfigureAwait(false);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }
}
