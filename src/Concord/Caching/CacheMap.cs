using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// What the cache knows of one store, however often it is opened: the section and its extents, the sizes, the hold,
/// what the store accepted, the errors nobody has heard of, and the sharers.
/// </summary>
internal sealed class CacheMap
{
    // _sectionGate owns the making and the giving up of _section.
    private readonly Lock _sectionGate = new();
    private readonly Func<long, Extent> _makeExtent;
    private Section? _section;
    private ISharer[] _sharers = [];
    private long _brokenPromises;
    private volatile bool _isClosedToHits;

    /// <summary>The longest a file can be: what a reservation of address space can hold.</summary>
    internal const long LengthMax = 1L << 45;

    // _handleGate owns _handles and _isRetired.
    private readonly Lock _handleGate = new();
    private readonly HashSet<CachedFile> _handles = [];
    private bool _isRetired;

    internal CacheMap(CacheCore core, BackingStore store)
    {
        Core = core;
        Store = store;
        Hold = new FileHold(core.Scheduler);
        Sizes = new FileSizes(store.GetLength());
        Ledger = new BarrierLedger(store, core.Scheduler, Errors, Sizes);
        _makeExtent = index => new Extent(index, Section.AddressOf(PageGeometry.StartOf(index)), core.Gauge);
        Loader = new Loader(this);
        WriteBack = new WriteBack(this);
        Operation = new CoherentOperation(this);
        Transfers = new Transfers(this);
        Leasing = new Leasing(this);
        SizeChanges = new SizeChanges(this);
        Uncached = new Uncached(this);
    }

    internal CacheCore Core { get; }

    internal BackingStore Store { get; }

    internal CacheScheduler Scheduler => Core.Scheduler;

    /// <summary>The memory of the file, made when it is first needed.</summary>
    internal Section Section
    {
        get
        {
            if (Volatile.Read(ref _section) is { } section) return section;
            lock (_sectionGate) return _section ??= Section.Create(Core.SectionKind);
        }
    }

    internal ExtentTable Extents { get; } = new();

    internal FileSizes Sizes { get; }

    internal FileHold Hold { get; }

    internal ErrorLog Errors { get; } = new();

    internal BarrierLedger Ledger { get; }

    internal Loader Loader { get; }

    internal WriteBack WriteBack { get; }

    internal CoherentOperation Operation { get; }

    internal Transfers Transfers { get; }

    internal Leasing Leasing { get; }

    internal SizeChanges SizeChanges { get; }

    internal Uncached Uncached { get; }

    internal IReadOnlyList<ISharer> Sharers => Volatile.Read(ref _sharers);

    /// <summary>Whether hits take the slow path, because the file is held exclusively.</summary>
    internal bool IsClosedToHits => _isClosedToHits;

    /// <summary>How often a caller said that there were no views, and one open for writing met the range.</summary>
    internal long BrokenPromises => Volatile.Read(ref _brokenPromises);

    internal void CountBrokenPromise() => Interlocked.Increment(ref _brokenPromises);

    internal void AddSharer(ISharer sharer) => Volatile.Write(ref _sharers, [.. _sharers, sharer]);

    internal void RemoveSharer(ISharer sharer) => Volatile.Write(ref _sharers, [.. _sharers.Where(other => other != sharer)]);

    /// <summary>The extent of this number, made if there is none; it may be retired by the time its lock is taken.</summary>
    internal Extent ExtentAt(long index) => Extents.FindOrAdd(index, _makeExtent);

    /// <summary>Takes the file for one call beside others of its kind.</summary>
    /// <exception cref="ObjectDisposedException">The last handle was closed while the call waited.</exception>
    internal async ValueTask AcquireSharedAsync(CallMode mode, CancellationToken cancellationToken)
    {
        await Hold.AcquireSharedAsync(mode, cancellationToken).ConfigureAwait(false);
        if (!_isRetired) return;
        Hold.ReleaseShared();
        throw new ObjectDisposedException(Store.Name);
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
        return Pins.Drain(section.Id, Core.ReaderLimit);
    }

    /// <summary>Adds a handle, unless the last one was closed just now and the map is on its way out.</summary>
    internal bool TryAddHandle(CachedFile handle)
    {
        lock (_handleGate)
        {
            if (_isRetired || !_handles.Add(handle)) return false;
            Errors.Join(handle);
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

        Core.Remove(this);
        Core.Room.Clear(this);
        GiveUpSection();
        if (handle.OwnsStore) Store.Dispose();
    }

    /// <summary>Gives the section up; every extent is retired, and the file is held exclusively.</summary>
    internal void GiveUpSection()
    {
        lock (_sectionGate)
        {
            _section?.Dispose();
            _section = null;
        }
    }
}
