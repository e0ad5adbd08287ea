using Concord.Caching;
using Concord.Stores;

namespace Concord;

/// <summary>
/// One file of a cache: what is known of it, and everything that is done to it, put together in one place. Services
/// know the state and each other by what they are given here.
/// </summary>
internal sealed class FileServices
{
    /// <param name="cache">The cache.</param>
    /// <param name="store">The store.</param>
    /// <param name="length">How long the store is.</param>
    /// <param name="sharing">What keeps other caches from it; ends with the file.</param>
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

    /// <summary>Reads ahead for one handle.</summary>
    internal ReadAhead NewReadAhead() => new(State, Cache.Evictor);

    /// <summary>
    /// Takes a handle off; with the last one the file leaves the cache. Called with the file held exclusively.
    /// </summary>
    /// <returns>What a store threw that was closed with the file; the file is gone all the same.</returns>
    internal Exception? RemoveHandle(object handle)
    {
        if (!State.RemoveHandle(handle)) return null;

        // Before somebody can find that the file is gone, and take the lock anew.
        State.Sharing.Dispose();
        Cache.Remove(this);
        bool isStuck = State.GiveBackAllButStuck();
        Cache.Evictor.ForgetFile(State);
        State.GiveUpSection(isStuck);
        var failure = State.CloseOwnedStores();
        State.Left.Set(State.Scheduler);
        return failure;
    }
}
