using Concord.Caching;
using Concord.Interop;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord;

/// <summary>
/// Opens a store through a cache. Openings of one file run one after the other: the first makes the file's state, later
/// ones join it. A file is not read or changed before the lock keeps other caches from it.
/// </summary>
internal static class FileOpening
{
    /// <param name="cache">The cache.</param>
    /// <param name="store">The store.</param>
    /// <param name="terms">What the handle is for.</param>
    /// <param name="ownsStore">
    /// Whether the store is closed with the file.
    /// </param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is open then.</param>
    /// <exception cref="IOException">
    /// The file is not shared, or the store cannot be asked, or does not answer another call that this one waits for;
    /// the store stays open.
    /// </exception>
    internal static async ValueTask<CachedFile> OpenAsync(
        CacheServices cache,
        BackingStore store,
        HandleTerms terms,
        bool ownsStore,
        CallMode mode,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var identity = store.Traits.Identity;
        var opening = new Opening(store, cache.State);

        // Wait while another call is opening the same file.
        while (cache.BeginOpening(identity, opening) is { } other)
        {
            ThrowIfIncomparable(store, identity);
            await other.WaitAsync(mode, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }

        try
        {
            while (true)
            {
                var file = cache.FileOf(store);
                ThrowIfIncomparable(store, identity);

                // The cache does not have the file: make it.
                if (file is null || !cache.KeepIfServed(file))
                {
                    return await MakeAsync(
                        cache, store, terms, ownsStore, mode, cancellationToken).ConfigureAwait(false);
                }

                // Otherwise join it.
                if (TryJoin(file, store, terms, ownsStore) is { } handle) return handle;

                // Its last handle is being closed: wait until it has left the cache. Its bytes are in the store then.
                await file.State.StoreWait.WaitAsync(file.State.Left, mode, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            cache.EndOpening(identity);
            opening.End();
        }
    }

    /// <summary>
    /// Opens a file that the cache does not have: takes the lock first, then asks the store for its length.
    /// </summary>
    private static async ValueTask<CachedFile> MakeAsync(
        CacheServices cache,
        BackingStore store,
        HandleTerms terms,
        bool ownsStore,
        CallMode mode,
        CancellationToken cancellationToken)
    {
        var sharing = SharingLock.Take(store, terms.Sharing, cache.Name);
        try
        {
            ThrowIfIncomparable(store, store.Traits.Identity);
            StandOnFilesBelow(store, store.Level);
            long length = await store.GetLengthAsync(mode, cancellationToken).ConfigureAwait(false);
            var file = new FileServices(cache, store, length, sharing);
            var handle = new CachedFile(file, terms);
            _ = file.State.TryAddHandle(handle, store, ownsStore);
            cache.Add(file);
            return handle;
        }
        catch
        {
            sharing.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Opens one more handle of a file that the cache has; null when its last one was closed meanwhile.
    /// </summary>
    private static CachedFile? TryJoin(FileServices file, BackingStore store, HandleTerms terms, bool ownsStore)
    {
        var state = file.State;
        ThrowIfAlone(state, terms);
        StandOnFilesBelow(store, state.Level);
        bool serves = store.Traits.CanWrite && !state.Store.Traits.CanWrite;
        if (!state.Sharing.TryExtend(store, terms.Sharing, serves)) return null;
        var handle = new CachedFile(file, terms);
        return state.TryAddHandle(handle, store, ownsStore) ? handle : null;
    }

    /// <exception cref="IOException">
    /// The store's identity cannot be compared with another one, so the two may be one file.
    /// </exception>
    private static void ThrowIfIncomparable(BackingStore store, StoreIdentity identity)
    {
        if (identity.Failure is not { } error) return;
        throw new IOException(
            $"{store.Label} cannot be opened: its identity cannot be compared ({error.GetType().Name}): "
                + ShownText.Of(error), error);
    }

    /// <summary>Notes the files that a store is built on, as the store reports them.</summary>
    /// <exception cref="IOException">It is built on itself.</exception>
    private static void StandOnFilesBelow(BackingStore store, StoreLevel level)
    {
        foreach (var below in store.Traits.FilesBelow.OfType<FileOperations>())
        {
            if (level.TryStandOn(below.State.Level)) continue;
            throw new IOException(
                $"{store.Label} cannot be opened: it says that it is built on {below.Label}, which is built on "
                    + $"{store.Label} itself");
        }
    }

    /// <summary>
    /// Handles of one cache may be open together, unless one was opened with <see cref="FileShare.None"/>.
    /// </summary>
    /// <exception cref="IOException">
    /// An open handle does not share the file, or the new one would not.
    /// </exception>
    private static void ThrowIfAlone(FileState file, HandleTerms terms)
    {
        var handles = file.Handles;
        if (handles.Count == 0) return;
        bool isAlone = terms.Sharing.IsAlone || handles.Cast<CachedFile>().Any(static handle => handle.IsAlone);
        if (isAlone) throw SharingLock.RefusedByCache(file.Store, terms.Sharing);
    }
}
