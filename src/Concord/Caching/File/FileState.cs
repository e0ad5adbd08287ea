using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// The state of one file, however often it is opened: its store, sizes, extents and section, what the store accepted,
/// the errors to report, its hold, its sharers, and the operations on the whole file that are under way. It calls no
/// service; services are made for a file and use its state.
/// </summary>
internal sealed partial class FileState : IPageWaker
{
    /// <summary>The longest a file can be: what a reservation of address space can hold.</summary>
    internal const long LengthMax = 1L << 45;

    private static long LastNumber;

    private BackingStore _store;
    private ISharers _sharers = NoSharers.Instance;
    private WriteAheadLog? _log;
    private IBackgroundLocks? _backgroundLocks;
    private long _brokenPromises;
    private long _orphansFound;
    private volatile bool _isStaged;

    /// <param name="cache">The cache.</param>
    /// <param name="siblings">Its files.</param>
    /// <param name="store">The store.</param>
    /// <param name="length">How long the store is.</param>
    /// <param name="sharing">The lock that keeps other caches from it; released with this object.</param>
    internal FileState(CacheState cache, CacheFiles siblings, BackingStore store, long length, SharingLock sharing)
    {
        Cache = cache;
        NumberInCache = cache.NextFileNumber();
        Siblings = siblings;
        _store = store;
        Level = store.Level;
        Identity = store.Traits.Identity;
        Sharing = sharing;
        LengthLimit = Math.Min(LengthMax, store.Traits.MaxLength);
        StoreWait = new StoreWait(Level, cache, () => Store.Label);
        Requests = new RequestLimit(store.Traits.MaxConcurrentRequests);
        Hold = new FileHold(cache.Scheduler, StoreWait);
        Sizes = new FileSizes(length);
        Ledger = new BarrierLedger(store, cache.Scheduler, Errors, Sizes, StoreWait);
        Extents = new ExtentTable(cache.Counters, Pending, this);
        CloseGate = new CloseGate(Extents, cache.Scheduler, StoreWait);
        Pending.BecameDirty = () => siblings.Dirty.Add(this);
    }

    /// <summary>A number; a file that was opened later has a higher one.</summary>
    internal long Number { get; } = Interlocked.Increment(ref LastNumber);

    /// <summary>Its number among the files of its cache: the same in every run that opens the same files.</summary>
    internal long NumberInCache { get; }

    internal CacheState Cache { get; }

    /// <summary>The files of the same cache, this one among them.</summary>
    internal CacheFiles Siblings { get; }

    internal CacheScheduler Scheduler => Cache.Scheduler;

    /// <summary>The store: the first one that was opened, or the first that takes writes.</summary>
    internal BackingStore Store => Volatile.Read(ref _store);

    /// <summary>The identity that the first store reported.</summary>
    internal StoreIdentity Identity { get; }

    /// <summary>The lock that keeps other caches from the file.</summary>
    internal SharingLock Sharing { get; }

    /// <summary>Set when the last handle was closed and the file has left the cache.</summary>
    internal Signal Left { get; } = new();

    /// <summary>The longest this file can be.</summary>
    internal long LengthLimit { get; }

    internal ExtentTable Extents { get; }

    /// <summary>Counts the pages that a flush has to write or make durable.</summary>
    internal PendingPageCount Pending { get; } = new();

    /// <summary>The writes that are about to make pages dirty.</summary>
    internal AdmittedWrites Admitted { get; } = new();

    /// <summary>
    /// Whether the limits say that writers of the file write it back first: too much of the cache is dirty, or the file
    /// takes more than its share.
    /// </summary>
    internal bool MustClean => Cache.IsOverDirtyLimit || TakesTooMuch;

    /// <summary>Whether the file takes more than its share with what is dirty or waits for a barrier.</summary>
    internal bool TakesTooMuch => Cache.Admission.IsTooMuch(Demand);

    /// <summary>What the file asks of the cache's memory.</summary>
    internal MemoryDemand Demand => new(Pending.Unkept, !Ledger.OwesNothing, Ledger.IsFailing);

    internal LazyTurn LazyTurn { get; } = new();

    /// <summary>The requests side by side at the store.</summary>
    internal RequestLimit Requests { get; }

    internal FileSizes Sizes { get; }

    internal FileHold Hold { get; }

    internal ErrorLog Errors { get; } = new();

    internal BarrierLedger Ledger { get; }

    internal CloseGate CloseGate { get; }

    /// <summary>The holders of copies above the section.</summary>
    internal ISharers Sharers
    {
        get => Volatile.Read(ref _sharers);
        set => Volatile.Write(ref _sharers, value);
    }

    /// <summary>Called whenever a sharer has gone; must not block. One delegate, or null.</summary>
    internal Action? SharerRemoved { get; set; }

    /// <summary>
    /// Whether pages appear in one step, complete, and are punched when they are dropped: from the first view on, until
    /// the section goes, since the kernel shows a page to views as soon as it exists.
    /// </summary>
    internal bool IsStaged
    {
        get => _isStaged;
        set => _isStaged = value;
    }

    /// <summary>
    /// The log that is made durable before pages that carry its numbers go to the store; null without one.
    /// </summary>
    internal WriteAheadLog? Log => Volatile.Read(ref _log);

    /// <summary>
    /// The locks that background work takes before it reads or writes the store; null if the store's owner has none.
    /// </summary>
    internal IBackgroundLocks? BackgroundLocks
    {
        get => Volatile.Read(ref _backgroundLocks);
        set => Volatile.Write(ref _backgroundLocks, value);
    }

    /// <summary>How often a caller promised that there are no views, and a writable one met the range.</summary>
    internal long BrokenPromises => Volatile.Read(ref _brokenPromises);

    /// <summary>
    /// How many pages of its memory other code had made by touching them, and the cache found and gave back.
    /// </summary>
    internal long OrphansFound => Volatile.Read(ref _orphansFound);

    internal void CountOrphans(int pages) => Interlocked.Add(ref _orphansFound, pages);

    internal void CountBrokenPromise() => Interlocked.Increment(ref _brokenPromises);

    /// <summary>
    /// Whether a write at an offset would leave a gap behind the file's end that views may have written to.
    /// </summary>
    internal bool LeavesGap(long offset) => _isStaged && offset > Sizes.Length;

    /// <summary>Gives the file its log, for good.</summary>
    /// <exception cref="InvalidOperationException">The file has another log.</exception>
    internal void SetLog(WriteAheadLog log)
    {
        if (Interlocked.CompareExchange(ref _log, log, null) is { } other && other != log)
        {
            throw new InvalidOperationException($"{Store.Label} has a log already, whose numbers its pages may carry");
        }
    }

    /// <summary>
    /// The extent of this number, made if there is none, and the section with it; it may be retired by the time its
    /// lock is taken.
    /// </summary>
    /// <exception cref="IOException">
    /// There is no memory, no address space or no descriptor for it, or it lies too far.
    /// </exception>
    internal Extent EnsureExtent(long index)
    {
        if (index > PageGeometry.ExtentOf(LengthMax - 1))
        {
            throw new IOException(
                $"{Store.Label} cannot be cached at {PageGeometry.StartOf(index)}: a cache reaches to {LengthMax}; "
                    + "read it uncached");
        }

        try
        {
            return Extents.Find(index) ?? Extents.FindOrAdd(index, EnsureSection());
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"there is no memory for {Store.Label}: {error.Message}", error);
        }
    }

    /// <summary>Whether no page is leased, claimed, suspended or frozen, and no sharer has copies.</summary>
    internal bool IsIdle()
    {
        if (!Sharers.AreNone) return false;
        foreach (var extent in Extents.All)
        {
            lock (extent)
            {
                if ((extent.Leased | extent.Claimed | extent.Suspended | extent.Frozen) != 0) return false;
            }
        }

        return true;
    }

    /// <summary>Whether any of its pages was used since the last call.</summary>
    internal bool TakeUse()
    {
        bool wasUsed = false;
        foreach (var extent in Extents.All)
        {
            wasUsed |= extent.TakeAnyUse();
        }

        return wasUsed;
    }

    public void WakeLocked(Extent extent, ulong pages) => Sharers.WakeLocked(extent, pages);
}
