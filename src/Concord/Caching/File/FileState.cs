using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// What the cache knows of one store, however often it is opened: the section and its extents, the sizes, the hold,
/// what the store accepted, the errors nobody has heard of, and the sharers.
/// </summary>
internal sealed partial class FileState
{
    // _sectionGate owns the making and the giving up of _section, and _sectionWatcher. It comes after every lock but that of the limit.
    private readonly Lock _sectionGate = new();
    private Section? _section;
    private Action<bool>? _sectionWatcher;
    private BackingStore _store;
    private ISharer[] _sharers = [];
    private long _brokenPromises;
    private volatile bool _isClosedToHits;

    /// <summary>The longest a file can be: what a reservation of address space can hold.</summary>
    internal const long LengthMax = 1L << 45;

    // _handleGate owns _handles, _ownedStores and _isRetired, and the writing of _store.
    private readonly Lock _handleGate = new();
    private readonly HashSet<CachedFile> _handles = [];
    private readonly HashSet<BackingStore> _ownedStores = [];
    private bool _isRetired;

    internal FileState(CacheState cache, BackingStore store)
    {
        Cache = cache;
        _store = store;
        LengthLimit = Math.Min(LengthMax, store.MaxLength);
        Hold = new FileHold(cache.Scheduler);
        Sizes = new FileSizes(store.CheckedLength());
        Ledger = new BarrierLedger(store, cache.Scheduler, Errors, Sizes);
        Views = new Views(this);
        Orphans = new OrphanPages(this);
        Extents = new ExtentTable(cache.Counters, Pending, () => Section, Views);
        Loader = new Loader(this);
        WriteBack = new FileWriteBack(this);
        Operation = new CoherentOperation(this);
        MissPath = new MissPath(this);
        Leasing = new Leasing(this);
        SizeChanges = new SizeChanges(this);
        LengthAgreement = new LengthAgreement(this);
        UncachedIO = new UncachedIO(this);
        CloseGate = new CloseGate(this);
        Paging = new Paging(this);
        WriteAhead = new WriteAheadOrdering(this);
        Pending.BecameDirty = () => cache.DirtyFiles.Add(this);
    }

    internal CacheState Cache { get; }

    /// <summary>The store: the first one that was opened, or the first that takes writes.</summary>
    internal BackingStore Store => Volatile.Read(ref _store);

    /// <summary>The longest this file can be.</summary>
    internal long LengthLimit { get; }

    internal CacheScheduler Scheduler => Cache.Scheduler;

    /// <summary>The memory of the file, made when it is first needed.</summary>
    internal Section Section
    {
        get
        {
            if (Volatile.Read(ref _section) is { } section) return section;
            lock (_sectionGate)
            {
                if (_section is null)
                {
                    var made = Cache.MakeSection();
                    _sectionWatcher?.Invoke(true);
                    Volatile.Write(ref _section, made);
                    Cache.Sections.Add(this);
                }

                return _section;
            }
        }
    }

    /// <summary>
    /// What pins call the section; 0, which means nothing, while there is none. A copy that finds none finds no
    /// readable page either: the extents are retired before the section goes.
    /// </summary>
    internal long SectionId => Volatile.Read(ref _section)?.Id ?? 0;

    /// <summary>The section, if there is one and its memory is collected into huge pages.</summary>
    internal HugePageSection? HugeSection => Volatile.Read(ref _section) as HugePageSection;

    internal bool HasSection => Volatile.Read(ref _section) is not null;

    /// <summary>Where the file stands in the queue of the section limit, which owns this.</summary>
    internal LinkedListNode<FileState>? PlaceInSections { get; set; }

    internal ExtentTable Extents { get; }

    /// <summary>Pages of the file that are not clean, stable and lent to nobody.</summary>
    internal PendingPageCount Pending { get; } = new();

    internal LazyTurn LazyTurn { get; } = new();

    internal FileSizes Sizes { get; }

    internal FileHold Hold { get; }

    internal ErrorLog Errors { get; } = new();

    internal BarrierLedger Ledger { get; }

    internal Loader Loader { get; }

    internal FileWriteBack WriteBack { get; }

    internal CoherentOperation Operation { get; }

    internal MissPath MissPath { get; }

    internal Leasing Leasing { get; }

    internal SizeChanges SizeChanges { get; }

    internal LengthAgreement LengthAgreement { get; }

    internal UncachedIO UncachedIO { get; }

    internal CloseGate CloseGate { get; }

    internal Paging Paging { get; }

    internal WriteAheadOrdering WriteAhead { get; }

    internal Views Views { get; }

    internal OrphanPages Orphans { get; }

    internal IReadOnlyList<ISharer> Sharers => Volatile.Read(ref _sharers);

    /// <summary>Whether hits take the slow path, because the file is held exclusively.</summary>
    internal bool IsClosedToHits => _isClosedToHits;

    /// <summary>How often a caller said that there were no views, and one open for writing met the range.</summary>
    internal long BrokenPromises => Volatile.Read(ref _brokenPromises);

    internal void CountBrokenPromise() => Interlocked.Increment(ref _brokenPromises);

    internal void AddSharer(ISharer sharer)
    {
        lock (_handleGate) Volatile.Write(ref _sharers, [.. _sharers, sharer]);
    }

    internal void RemoveSharer(ISharer sharer)
    {
        lock (_handleGate) Volatile.Write(ref _sharers, [.. _sharers.Where(other => other != sharer)]);
        SharerRemoved?.Invoke();
    }

    /// <summary>Told whenever a sharer has gone; must not block. There is one, or none.</summary>
    internal Action? SharerRemoved { get; set; }

    /// <summary>The extent of this number, made if there is none; it may be retired by the time its lock is taken.</summary>
    /// <exception cref="IOException">There is no memory, no address space or no descriptor for it, or it lies too far.</exception>
    internal Extent ExtentAt(long index)
    {
        if (index > PageGeometry.ExtentOf(LengthMax - 1))
        {
            throw new IOException($"{Store.Name} cannot be cached at {PageGeometry.StartOf(index)}: a cache reaches to {LengthMax}; read it uncached");
        }

        try
        {
            return Extents.FindOrAdd(index);
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"there is no memory for {Store.Name}: {error.Message}", error);
        }
    }

    /// <exception cref="ObjectDisposedException">The last handle was closed.</exception>
    internal void ThrowIfRetired() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _isRetired), Store.Name);

    /// <summary>Takes the file for one call beside others of its kind.</summary>
    /// <exception cref="ObjectDisposedException">The last handle was closed while the call waited.</exception>
    internal async ValueTask AcquireSharedAsync(CallMode mode, CancellationToken cancellationToken)
    {
        await Hold.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);
        if (!_isRetired) return;
        Hold.ReleaseShared();
        throw new ObjectDisposedException(Store.Name);
    }

    /// <summary>Takes the file beside others if that needs no waiting.</summary>
    internal bool TryAcquireShared()
    {
        if (!Hold.TryAcquireShared()) return false;
        if (!_isRetired) return true;
        Hold.ReleaseShared();
        return false;
    }

    /// <summary>Takes the file for one call alone: no user operation runs, and no hit is inside any more.</summary>
    /// <exception cref="ObjectDisposedException">The last handle was closed while the call waited.</exception>
    internal async ValueTask AcquireExclusiveAsync(CallMode mode, CancellationToken cancellationToken)
    {
        if (!await TryAcquireExclusiveAsync(mode, cancellationToken).ConfigureAwait(false)) throw new ObjectDisposedException(Store.Name);
    }

    /// <returns>False, and nothing is taken, when the last handle was closed while the call waited.</returns>
    internal async ValueTask<bool> TryAcquireExclusiveAsync(CallMode mode, CancellationToken cancellationToken)
    {
        await Hold.AcquireExclusiveAsync(mode, cancellationToken).ConfigureAwait(false);

        // Set under the exclusive hold only, so it cannot change while this call has the file.
        if (_isRetired)
        {
            Hold.ReleaseExclusive();
            return false;
        }

        _isClosedToHits = true;
        DrainPins();
        return true;
    }

    /// <summary>Takes the file if nobody has it or waits for it.</summary>
    internal bool TryAcquireExclusive()
    {
        if (!Hold.TryAcquireExclusive()) return false;
        _isClosedToHits = true;
        DrainPins();
        return true;
    }

    internal void ReleaseExclusive()
    {
        _isClosedToHits = false;
        Hold.ReleaseExclusive();
    }

    /// <summary>Waits for the copies that are under way; a reader that stays is found by its pin later.</summary>
    internal bool DrainPins()
    {
        if (Volatile.Read(ref _section) is not { } section) return true;
        Pins.Fence();
        return Pins.Drain(section.Id, Cache.ReaderLimit);
    }

    /// <summary>Adds a handle, unless the last one was closed just now and the file is on its way out.</summary>
    /// <param name="handle">The handle.</param>
    /// <param name="store">Its store. The first one serves all handles; if it does not take writes, the first that does.</param>
    /// <param name="ownsStore">Whether the store is to be closed with the last handle.</param>
    /// <param name="isUsed">Whether the file goes on with this store.</param>
    internal bool TryAddHandle(CachedFile handle, BackingStore store, bool ownsStore, out bool isUsed)
    {
        lock (_handleGate)
        {
            isUsed = false;
            if (_isRetired) return false;
            _handles.Add(handle);
            Errors.Join(handle);

            // The one it replaces was only read from and owes nothing; reads under way in it go on.
            if (store.CanWrite && !_store.CanWrite)
            {
                Ledger.Store = store;
                Volatile.Write(ref _store, store);
            }

            isUsed = store == _store;
            if (isUsed && ownsStore) _ownedStores.Add(store);
            return true;
        }
    }

    /// <summary>The handles that are open; a snapshot.</summary>
    internal IReadOnlyList<CachedFile> Handles
    {
        get
        {
            lock (_handleGate) return [.. _handles];
        }
    }

    internal bool IsLast(CachedFile handle)
    {
        lock (_handleGate) return _handles.Count == 1 && _handles.Contains(handle);
    }

    /// <summary>Takes a handle off that is not the last one.</summary>
    internal bool TryRemoveBesideOthers(CachedFile handle)
    {
        lock (_handleGate)
        {
            if (_handles.Count < 2) return false;
            _handles.Remove(handle);
            Errors.Forget(_handles);
            return true;
        }
    }

    /// <summary>Takes a handle off; with the last one the file leaves the cache. Called with the file held exclusively.</summary>
    internal void RemoveHandle(CachedFile handle)
    {
        lock (_handleGate)
        {
            _handles.Remove(handle);
            Errors.Forget(_handles);
            if (_handles.Count > 0) return;
            _isRetired = true;
        }

        Cache.Remove(this);
        Cache.DirtyFiles.Remove(this);
        bool isStuck = GiveBackAllButStuck();
        Cache.Evictor.ForgetFile(this);
        GiveUpSection(isStuck);
        foreach (var store in _ownedStores) store.Dispose();
    }

    /// <summary>Whether nobody holds a page of it in place and nobody above has copies.</summary>
    internal bool IsIdle()
    {
        if (Sharers.Count > 0) return false;
        foreach (var extent in Extents.All)
        {
            lock (extent)
            {
                if ((extent.Leased | extent.Claimed | extent.Suspended | extent.Frozen) != 0) return false;
            }
        }

        return true;
    }

    /// <summary>Whether any of its pages was used since this was last asked.</summary>
    internal bool TakeUse()
    {
        bool wasUsed = false;
        foreach (var extent in Extents.All)
        {
            wasUsed |= extent.WasUsed;
            extent.WasUsed = false;
        }

        return wasUsed;
    }

    /// <summary>
    /// Tells <paramref name="watcher"/> whether there is a section, now, before one can be used, and after one is
    /// gone. There is one watcher; null ends it.
    /// </summary>
    internal void WatchSection(Action<bool>? watcher)
    {
        lock (_sectionGate)
        {
            _sectionWatcher = watcher;
            watcher?.Invoke(_section is not null);
        }
    }

    /// <summary>Gives all memory back to the system but pages that somebody is copying from or to and does not leave.</summary>
    /// <returns>Whether there are such pages.</returns>
    private bool GiveBackAllButStuck()
    {
        if (DrainPins()) return false;
        foreach (var extent in Extents.All)
        {
            ulong inside = Pins.Inside(SectionId, extent.Index);
            for (ulong rest = extent.Backed & ~inside; rest != 0; rest &= ~PageMask.FirstRun(rest))
            {
                Section.GiveBack(PageGeometry.BytesOf(extent.Index, PageMask.FirstRun(rest)));
            }
        }

        return true;
    }

    /// <summary>Gives the section up; every extent is retired, and the file is held exclusively.</summary>
    /// <param name="isStuck">Whether somebody is still inside: the section is kept until they have left.</param>
    internal void GiveUpSection(bool isStuck)
    {
        Cache.Retired.Release();
        lock (_sectionGate)
        {
            if (_section is null) return;
            if (isStuck) Cache.Retired.Add(_section);
            else _section.Dispose();
            Views.SectionGone();
            Volatile.Write(ref _section, null);
            Cache.Sections.Remove(this);
            _sectionWatcher?.Invoke(false);
        }
    }
}
