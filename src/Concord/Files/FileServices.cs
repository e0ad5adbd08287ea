using Concord.Caching;
using Concord.Stores;

namespace Concord;

/// <summary>
/// One file of a cache: composes its state and its services in one place. Services know the state and each other only
/// through what they get here.
/// </summary>
internal sealed class FileServices
{
    /// <param name="cache">The cache.</param>
    /// <param name="store">The store.</param>
    /// <param name="length">How long the store is.</param>
    /// <param name="sharing">The lock that keeps other caches from it; released with the file.</param>
    internal FileServices(CacheServices cache, BackingStore store, long length, SharingLock sharing)
    {
        Cache = cache;
        State = new FileState(cache.State, cache.Files, store, length, sharing);
        WriteBack = new FileWriteBack(State);
        Loader = new Loader(State, cache.Evictor);
        var behindEnd = new PagesBehindEnd(State);
        Lengths = new LengthAgreement(State, behindEnd);
        SizeChanges = new SizeChanges(State, behindEnd, Lengths);
        Discarding = new Discarding(State);
        Operation = new CoherentOperation(State, Loader, Lengths);
        UncachedIO = new UncachedIO(State, Operation, behindEnd, Lengths);
        Gates = new EntryGates(State, cache.Sections);
        MissPath = new MissPath(State, cache.Evictor, Loader, Gates);
        Paging = new Paging(State, cache.Evictor, Loader);
        Leasing = new Leasing(State, cache.Evictor, Loader, Gates);
        Views = new Views(State, cache.Views, cache.Evictor, Loader);
    }

    internal CacheServices Cache { get; }

    internal FileState State { get; }

    internal FileWriteBack WriteBack { get; }

    internal Loader Loader { get; }

    internal CoherentOperation Operation { get; }

    internal LengthAgreement Lengths { get; }

    internal SizeChanges SizeChanges { get; }

    internal Discarding Discarding { get; }

    internal UncachedIO UncachedIO { get; }

    internal EntryGates Gates { get; }

    internal MissPath MissPath { get; }

    internal Paging Paging { get; }

    internal Leasing Leasing { get; }

    internal Views Views { get; }

    internal void AddSharer(ISharer sharer) => Views.Sharers.Add(sharer);

    internal void RemoveSharer(ISharer sharer) => Views.Sharers.Remove(sharer);

    /// <summary>Makes the read-ahead of one handle.</summary>
    internal ReadAhead NewReadAhead() => new(State, Cache.Evictor);

    /// <summary>
    /// Removes a handle; with the last one the file leaves the cache. Called with the file held exclusively.
    /// </summary>
    /// <returns>
    /// What a store threw when it was closed with the file, or null; the file has left in either case.
    /// </returns>
    internal Exception? RemoveHandle(object handle)
    {
        if (!State.RemoveHandle(handle)) return null;

        // Release the lock before another opening can find that the file is gone, and take the lock again.
        State.Sharing.Dispose();
        Cache.Remove(this);

        // Give the memory back, close the stores, and only then wake openings that wait for the end.
        bool isStuck = State.GiveBackAllButStuck();
        Cache.Evictor.ForgetFile(State);
        State.GiveUpSection(isStuck);
        var failure = State.CloseOwnedStores();
        State.Left.Set(State.Scheduler);
        return failure;
    }
}
