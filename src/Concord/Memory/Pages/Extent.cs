using System.Diagnostics;
using Concord.Scheduling;

namespace Concord.Memory;

/// <summary>
/// Neighbouring pages of a file, 64 in the shipped library, and the state of each: one mask for each fact.
/// </summary>
/// <remarks>
/// <para>The masks, each with one meaning:</para>
/// <list type="bullet">
/// <item><b>Backed</b>: the page has memory.</item>
/// <item><b>Resident</b>: that memory holds the page's bytes. Backed and not resident is purged or claimed.</item>
/// <item><b>Dirty</b>: the page has bytes that no write to the store has taken. The mark goes when a write begins, and
/// comes back if the write or its barrier fails.</item>
/// <item><b>Loading</b>, <b>Overwriting</b>, <b>Faulting</b>, <b>GivingBack</b>: only one call may touch the memory. It
/// loads the page or writes all of it, overwrites it under a lease, fills it for a thread inside a view, or gives the
/// memory back to the system. Together they are <b>Claimed</b>.</item>
/// <item><b>Writing</b>: the store is taking the bytes. They do not change meanwhile: writers wait.</item>
/// <item><b>UnstableOld</b>, <b>UnstableNew</b>: the store accepted the bytes before (old) or after (new) the barrier
/// under way began, and no good barrier has covered that yet.</item>
/// <item><b>Suspended</b>: the store is going to be written below the page: hits, loads and faults wait until that has
/// ended. <b>WriteBackSuspended</b>: the store is being written, so the page is not written back either.</item>
/// <item><b>Leased</b>: a lease holds the page in place. <b>WriteLeased</b>: its holder may write.
/// <b>ExclusivelyLeased</b>: no other lease is on the page.</item>
/// <item><b>Closing</b>: the page is about to be dropped, so hits take the slow path.</item>
/// <item><b>Frozen</b>: views may not map the page. <b>Awaited</b>: a thread inside a view waits for it.
/// <b>WritablyMapped</b>: a view open for writing may have it mapped, and can change it unseen.</item>
/// </list>
/// <para>
/// Only this type's methods change masks. Each ends in <see cref="CheckLocked"/>, which checks in debug builds the
/// implications between masks: through <see cref="ChangedLocked"/> where hits or waiting calls can notice the change.
/// Every change needs this object's lock, with two exceptions: under its pin a hit marks a page dirty without it, and
/// whoever uses a page marks it used. The lock comes after the file's hold and before those of the tables of memory; it
/// is never held across a call to a store or a sharer. Hits take no lock: they pin (see <see cref="PinSlot"/>)
/// and then read what the extent has published in its leaf (<see cref="ExtentLeaf"/>): <b>readable</b> is Resident
/// without Closing and Suspended, <b>writable</b> is that without Writing.
/// </para>
/// </remarks>
internal sealed partial class Extent
{
    private readonly NativeMemory _memory;
    private readonly PageCounters _counters;
    private readonly PendingPageCount _pending;
    private readonly List<PageLoad> _loads = [];
    private ExtentLeaf _leaf;
    private readonly int _slot;
    private Signal? _changed;
    private LeaseCounts? _leases;
    private int _counted;
    private int _countedHeld;
    private int _countedUnsettled;
    private int _countedPurged;
    private bool _isRetired;

    internal Extent(long index, ExtentLeaf leaf, PageCounters counters, PendingPageCount pending)
    {
        Index = index;
        _leaf = leaf;
        _slot = ExtentLeaf.SlotOf(index);
        _counters = counters;
        _pending = pending;
        Address = leaf.Address + (nint)((long)_slot << PageGeometry.ExtentShift);
        _memory = new NativeMemory(Address, PageGeometry.ExtentBytes);
    }

    /// <summary>Its number in the file: offset divided by the bytes of an extent.</summary>
    internal long Index { get; }

    /// <summary>Where its first byte is in the system view.</summary>
    internal nint Address { get; }

    /// <summary>Pages that a hit may copy from: resident, not closing and not suspended.</summary>
    internal ulong Readable => _leaf.Readable(_slot);

    /// <summary>Pages that a hit may change: readable, and not being written to the store.</summary>
    internal ulong Writable => _leaf.Writable(_slot);

    internal ulong Backed { get; private set; }

    // Whether its block may be touched (BlockGuard): from before its first page gets memory until after
    // its last page has lost it.
    private bool _isOpen;

    /// <summary>Memory that the system refused to take back at the last try.</summary>
    internal ulong Refused { get; private set; }

    internal ulong Resident { get; private set; }

    internal ulong Dirty => Volatile.Read(ref _leaf.Dirty(_slot));

    /// <summary>Absent pages that one call fills, from the store or with a caller's bytes.</summary>
    internal ulong Loading { get; private set; }

    /// <summary>Purged memory that is on its way back to the system.</summary>
    internal ulong GivingBack { get; private set; }

    /// <summary>
    /// Pages whose memory only one call may touch, for one of four reasons: other calls wait or skip them.
    /// </summary>
    internal ulong Claimed => Loading | Overwriting | Faulting | GivingBack;

    internal ulong Writing { get; private set; }

    internal ulong UnstableOld { get; private set; }

    internal ulong UnstableNew { get; private set; }

    internal ulong Unstable => UnstableOld | UnstableNew;

    internal ulong Suspended { get; private set; }

    internal ulong Closing { get; private set; }

    internal ulong Leased { get; private set; }

    internal ulong WriteLeased { get; private set; }

    /// <summary>Pages with an exclusive lease: no other lease is on them.</summary>
    internal ulong ExclusivelyLeased { get; private set; }

    /// <summary>
    /// Advances with each purge, suspension, resumption and discard: a load that began in an earlier epoch does not
    /// publish.
    /// </summary>
    internal long Epoch { get; private set; }

    /// <summary>Whether the extent has left its table; a call that finds it so looks it up again.</summary>
    internal bool IsRetired => Volatile.Read(ref _isRetired);

    /// <summary>
    /// Whether it seems to have resident pages; takes no lock. It reads the cache lines that a lock and a mark will
    /// need: called for many extents before the first is locked, it has their cache misses overlap.
    /// </summary>
    internal bool SeemsResident => _leaf != ExtentLeaf.Nowhere && Resident != PageMask.None && !IsRetired;

    /// <summary>What the evictor knows of it; null before it has memory for the first time.</summary>
    internal object? Enlistment { get; set; }

    /// <summary>Whether the evictor knows it.</summary>
    internal bool IsEnlisted => Enlistment is not null;

    /// <summary>
    /// Pages that the store has yet to accept: dirty ones, and those that a lease for writing holds.
    /// </summary>
    internal ulong DirtyOrWriteLeased => Dirty | WriteLeased;

    /// <summary>Pages whose latest bytes are not known to survive a loss of power.</summary>
    internal ulong NotDurable => Dirty | Writing | Unstable;

    /// <summary>
    /// Pages that are neither resident nor claimed nor suspended: a call may claim them to fill them.
    /// </summary>
    internal ulong AbsentLocked => ~(Resident | Claimed | Suspended);

    /// <summary>Pages that may leave memory: clean, covered by a barrier, and not leased.</summary>
    internal ulong DroppableLocked => Resident & ~(NotDurable | Leased);

    /// <summary>Memory that holds no page and that nobody has claimed.</summary>
    internal ulong PurgedLocked => Backed & ~(Resident | Claimed);

    /// <summary>
    /// Whether it has no memory, no claim, no suspension and no frozen page, so that it can be retired.
    /// </summary>
    internal bool IsEmptyLocked => (Backed | Claimed | Suspended | Frozen) == PageMask.None;

    /// <summary>Bytes of the extent. The caller has pinned or claimed their pages, or holds the lock.</summary>
    internal unsafe Span<byte> BytesAt(int inside, int length) => new((byte*)Address + inside, length);

    /// <summary>The memory of one run of pages.</summary>
    internal Memory<byte> MemoryOf(ulong run) => _memory.Memory.Slice(
        PageMask.First(run) << PageGeometry.PageShift, PageMask.Count(run) << PageGeometry.PageShift);

    /// <summary>Marks pages dirty; needs a pin or the lock. Returns the pages that were clean.</summary>
    internal ulong MarkDirty(ulong pages)
    {
        var leaf = _leaf;
        ref ulong dirty = ref leaf.Dirty(_slot);
        if ((Volatile.Read(ref dirty) & pages) == pages || leaf == ExtentLeaf.Nowhere) return PageMask.None;

        // Count before the mark can be seen: a write-back that takes the mark off at once finds it counted.
        _pending.Add(PageMask.Count(pages));
        ulong dirtied = pages & ~Interlocked.Or(ref dirty, pages);
        _pending.Add(-PageMask.Count(pages & ~dirtied));
        _counters.AddDirty(PageMask.Count(dirtied));
        _pending.NoteDirty();

        // This is a copy that was stuck while its file was given up: its bytes were discarded.
        if (IsRetired) Clean(ref dirty, pages);
        return dirtied;
    }

    /// <summary>
    /// The next change of this extent sets this signal. Take it under the lock, and wait after releasing it.
    /// </summary>
    internal Signal NextChangeLocked() => _changed ??= new Signal();

    /// <summary>The load that fills a page, or null.</summary>
    internal PageLoad? LoadOfLocked(ulong pages) => _loads.Find(load => (load.Pages & pages) != 0);

    /// <summary>
    /// Publishes what hits may see, and wakes the calls that wait for a change. Every change under the lock that hits
    /// or waiting calls can notice ends here; other changes end with <see cref="CheckLocked"/>.
    /// </summary>
    private void ChangedLocked(CacheScheduler scheduler)
    {
        CheckLocked();
        RecountPendingLocked();
        RecountPurgedLocked();
        ulong readable = Resident & ~(Closing | Suspended);
        _leaf.Publish(_slot, readable, readable & ~Writing);
        _changed?.Set(scheduler);
        _changed = null;
        if (Awaited != PageMask.None) WakeAwaitedLocked();
    }

    private void CleanLocked(ulong pages) => Clean(ref _leaf.Dirty(_slot), pages);

    private void Clean(ref ulong dirty, ulong pages)
    {
        int cleaned = PageMask.Count(pages & Interlocked.And(ref dirty, ~pages));
        _counters.AddDirty(-cleaned);
        _pending.Add(-cleaned);
    }

    /// <summary>
    /// Counts again the pages that a flush has to handle, except dirty pages, which are counted as they are marked.
    /// </summary>
    private void RecountPendingLocked()
    {
        int held = PageMask.Count(WriteLeased | Overwriting) + PageMask.Count(Suspended);
        int count = PageMask.Count(Writing) + PageMask.Count(Unstable) + held;
        _pending.Add(count - _counted);
        _pending.AddHeld(held - _countedHeld);
        (_counted, _countedHeld) = (count, held);
        int unsettled = PageMask.Count(Writing | Unstable);
        _counters.AddUnsettled(unsettled - _countedUnsettled);
        _countedUnsettled = unsettled;
    }

    /// <summary>Counts again the memory that is purged and can go back at once.</summary>
    private void RecountPurgedLocked()
    {
        int purged = PageMask.Count(PurgedLocked & ~Refused);
        if (purged == _countedPurged) return;
        _counters.AddPurged(purged - _countedPurged);
        _countedPurged = purged;
    }

    /// <summary>Asserts every implication between the masks. A failure here is a bug that could lose bytes.</summary>
    [Conditional("DEBUG")]
    internal void CheckLocked()
    {
        Debug.Assert((Resident & ~Backed) == 0, "a resident page has memory");
        Debug.Assert((Dirty & ~Resident) == 0, "a dirty page is resident");
        Debug.Assert((Writing & ~Resident) == 0, "a page being written is resident");
        Debug.Assert((Unstable & ~Resident) == 0, "an unstable page is resident: no barrier has covered it");
        Debug.Assert((Leased & ~Resident) == 0, "a leased page is resident");
        Debug.Assert((WriteLeased & ~Leased) == 0, "a page leased for writing is leased");
        Debug.Assert((Claimed & Resident) == 0, "a claimed page is absent");
        Debug.Assert((Claimed & ~Backed) == 0, "a claimed page has memory");
        Debug.Assert(PageMask.Count(Loading) + PageMask.Count(Overwriting) + PageMask.Count(Faulting)
            + PageMask.Count(GivingBack) == PageMask.Count(Claimed), "a page is claimed for one reason");
        Debug.Assert((ExclusivelyLeased & ~Leased) == 0, "an exclusively leased page is leased");
        Debug.Assert((WriteBackSuspended & ~Suspended) == 0, "write-back is suspended only for suspended pages");
        Debug.Assert((UnstableOld & UnstableNew) == 0, "an unstable page waits for one barrier");
        Debug.Assert(!IsRetired || Backed == 0, "a retired extent has no memory");
        Debug.Assert(!IsRetired || Frozen == 0, "a frozen extent is not retired");
    }

    /// <summary>A rule that guards a user's bytes; it stays on in release builds.</summary>
    private static void Require(bool holds, string rule)
    {
        if (!holds) throw new InvalidOperationException($"cache invariant broken: {rule}");
    }
}
