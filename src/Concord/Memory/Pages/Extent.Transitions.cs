using System.Diagnostics;
using Concord.Scheduling;

namespace Concord.Memory;

// The changes of masks, one method for each: a load, a write to the store, a barrier, closing, a drop, a lease, a
// suspension, a give-back, and the end of the extent itself.
internal sealed partial class Extent
{
    /// <summary>Claims absent pages for one call that fills them, from the store or with a caller's bytes.</summary>
    /// <param name="pages">The pages.</param>
    /// <param name="isStaged">Whether their bytes are assembled elsewhere, and then appear in one step.</param>
    internal PageLoad BeginLoadLocked(ulong pages, bool isStaged = false)
    {
        Require((pages & (Resident | Claimed)) == 0, "only an absent page that nobody fills is loaded");
        OpenMemoryLocked();
        var load = PageLoad.BeginLocked(pages, Epoch, isStaged);
        _loads.Add(load);
        Loading |= pages;
        Backed |= pages;
        RecountPurgedLocked();
        CheckLocked();
        return load;
    }

    /// <summary>Ends a load: the pages become resident, unless it failed or a purge came between.</summary>
    /// <param name="load">The load.</param>
    /// <param name="error">Why it failed, or null.</param>
    /// <param name="scheduler">Wakes the calls that wait.</param>
    /// <param name="isAhead">Whether nobody has asked for the pages yet, so that they do not count as used.</param>
    /// <returns>Whether the pages became resident.</returns>
    internal bool EndLoadLocked(PageLoad load, Exception? error, CacheScheduler scheduler, bool isAhead = false)
    {
        Require(_loads.Remove(load), "a load ends once");
        Loading &= ~load.Pages;
        bool publishes = error is null
            && (load.Epoch == Epoch || scheduler.InjectsFault(InjectedFault.PublishStaleLoads));
        if (publishes) Resident |= load.Pages;
        if (publishes && !isAhead) NoteUse(load.Pages);
        load.EndLocked(error, scheduler);
        ChangedLocked(scheduler);
        return publishes;
    }

    /// <summary>
    /// Ends a claim whose pages the caller has filled with new bytes: they become resident and dirty in one step. A
    /// purge by another thread of the file's holder in between does not matter: these bytes are newer than what it
    /// dropped.
    /// </summary>
    /// <returns>The pages that became dirty.</returns>
    internal ulong EndOverwriteLocked(PageLoad load, CacheScheduler scheduler)
    {
        Require(_loads.Remove(load), "a load ends once");
        Resident |= load.Pages;
        Loading &= ~load.Pages;
        ulong dirtied = MarkDirty(load.Pages);
        NoteUse(load.Pages);
        load.EndLocked(error: null, scheduler);
        ChangedLocked(scheduler);
        Debug.Assert((Readable & load.Pages) == (load.Pages & ~(Closing | Suspended)), "what was overwritten is there");
        return dirtied;
    }

    /// <summary>Begins a write to the store, of the bytes as they are now.</summary>
    internal void BeginWriteLocked(ulong pages, CacheScheduler scheduler)
    {
        Require((pages & ~(Resident & DirtyOrWriteLeased)) == 0, "only resident pages that changed are written");
        Require((pages & Writing) == 0, "one write a page at a time");
        Writing |= pages;
        RecountPendingLocked();
        CleanLocked(pages);
        ChangedLocked(scheduler);
    }

    /// <summary>
    /// Ends a write: accepted pages wait for a barrier. Refused pages become dirty, before the error is reported.
    /// </summary>
    internal void EndWriteLocked(ulong pages, bool accepted, CacheScheduler scheduler)
    {
        Require((pages & ~Writing) == 0, "a write ends once");
        Writing &= ~pages;
        if (accepted)
        {
            // A barrier that has begun already cannot cover this write.
            UnstableOld &= ~pages;
            if (!scheduler.InjectsFault(InjectedFault.StableBeforeBarrier)) UnstableNew |= pages;
        }
        else if (!scheduler.InjectsFault(InjectedFault.CleanAfterFailedWrite))
        {
            MarkDirty(pages);
        }

        ChangedLocked(scheduler);
    }

    /// <summary>A barrier begins: it will cover what the store has accepted until now.</summary>
    internal void BeginBarrierLocked()
    {
        Require(UnstableOld == PageMask.None, "one barrier at a time");
        UnstableOld = UnstableNew;
        UnstableNew = PageMask.None;
        CheckLocked();
    }

    /// <summary>A good barrier ended: what it covers is stable.</summary>
    internal void EndBarrierLocked(CacheScheduler scheduler)
    {
        ulong covered = UnstableOld;
        UnstableOld = PageMask.None;
        if (scheduler.InjectsFault(InjectedFault.BarrierCoversLater)) UnstableNew = PageMask.None;
        ForgetLogLocked(covered & ~(Dirty | Writing | UnstableNew | HeldByLease));
        ChangedLocked(scheduler);
    }

    /// <summary>
    /// A barrier failed: every page the store may have lost is dirty again, and so is every page being written.
    /// </summary>
    internal void FailBarrierLocked(CacheScheduler scheduler)
    {
        if (!scheduler.InjectsFault(InjectedFault.CleanAfterFailedBarrier)) MarkDirty(Unstable | Writing);
        UnstableOld = PageMask.None;
        UnstableNew = PageMask.None;
        ChangedLocked(scheduler);
    }

    /// <summary>Closes pages: hits of them take the slow path from now on.</summary>
    internal void CloseLocked(ulong pages, CacheScheduler scheduler)
    {
        Closing |= pages;
        ChangedLocked(scheduler);
    }

    internal void ReopenLocked(ulong pages, CacheScheduler scheduler)
    {
        Closing &= ~pages;
        ChangedLocked(scheduler);
    }

    /// <summary>
    /// Begins a new epoch for a purge: bytes read from the store before it do not become resident after it.
    /// </summary>
    internal void AdvanceEpochLocked() => Epoch++;

    /// <summary>Drops clean pages. Their memory stays, and goes back to the system later.</summary>
    internal void DropLocked(ulong pages, CacheScheduler scheduler)
    {
        Require((pages & ~DroppableLocked) == 0,
            "a page that is dirty, unstable, being written or leased stays (I1, I3)");
        Resident &= ~pages;
        TakeUse(pages);
        ForgetLogLocked(pages);
        ChangedLocked(scheduler);
    }

    /// <summary>Drops pages, also dirty ones: only for a caller that asks for it (truncation, discard).</summary>
    /// <returns>The pages that were dirty.</returns>
    internal ulong DiscardLocked(ulong pages, CacheScheduler scheduler)
    {
        Require((pages & (Writing | Leased)) == 0, "a page being written or leased is not discarded");
        ulong lost = Dirty & pages;
        Epoch++;
        Resident &= ~pages;
        TakeUse(pages);
        UnstableOld &= ~pages;
        UnstableNew &= ~pages;
        CleanLocked(pages);
        ForgetLogLocked(pages & ~Overwriting);
        ChangedLocked(scheduler);
        return lost;
    }

    /// <summary>Whether no lease on the pages excludes a further one.</summary>
    internal bool CanLeaseLocked(ulong pages, LeaseAccess access) =>
        (pages & (access >= LeaseAccess.Exclusive ? Leased : ExclusivelyLeased)) == 0;

    /// <summary>Holds resident pages in place.</summary>
    internal void LeaseLocked(ulong pages, LeaseAccess access, CacheScheduler scheduler)
    {
        bool writing = access != LeaseAccess.Read;
        Require((pages & ~(Resident & ~Suspended)) == 0, "only a resident page is leased");
        Require(CanLeaseLocked(pages, access), "an exclusive lease is alone on its pages");
        if (access >= LeaseAccess.Exclusive) ExclusivelyLeased |= pages;
        (_leases ??= new LeaseCounts()).Add(pages, writing);
        _counters.AddLeased(PageMask.Count(pages & ~Leased));
        Leased |= pages;
        if (writing) WriteLeased |= pages;
        NoteUse(pages);
        ChangedLocked(scheduler);
    }

    /// <summary>Makes a lease of pages one for writing: its holder may write from now on.</summary>
    internal void LeaseForWritingLocked(ulong pages, CacheScheduler scheduler)
    {
        Require((pages & ~Leased) == 0, "only a leased page is leased for writing");
        _leases!.BeginWriting(pages);
        WriteLeased |= pages;
        ChangedLocked(scheduler);
    }

    /// <summary>Makes a lease for writing, through which nothing was written, one for reading again.</summary>
    internal void LeaseForReadingLocked(ulong pages, CacheScheduler scheduler)
    {
        Require((pages & ~WriteLeased) == 0, "only a lease for writing becomes one for reading");
        WriteLeased &= ~_leases!.EndWriting(pages);
        ChangedLocked(scheduler);
    }

    /// <summary>Ends a lease. Pages of a lease for writing become dirty, unless it is aborted.</summary>
    /// <returns>The pages that became dirty.</returns>
    internal ulong ReleaseLocked(ulong pages, LeaseAccess access, CacheScheduler scheduler, bool aborts = false)
    {
        bool writing = access != LeaseAccess.Read;
        Require((pages & ~Leased) == 0, "a lease ends once");
        if (access >= LeaseAccess.Exclusive) ExclusivelyLeased &= ~pages;
        ulong dirtied = writing && !aborts ? MarkDirty(pages) : PageMask.None;
        var (free, unlent) = _leases!.Remove(pages, writing);
        _counters.AddLeased(-PageMask.Count(free & Leased));
        Leased &= ~free;
        WriteLeased &= ~unlent;
        ChangedLocked(scheduler);
        return dirtied;
    }

    /// <summary>
    /// Suspends pages: the store is about to be written below them, and hits and loads wait for its end.
    /// </summary>
    internal void SuspendLocked(ulong pages, CacheScheduler scheduler)
    {
        Require((pages & Suspended) == 0, "one suspension a page at a time");
        Suspended |= pages;
        Epoch++;
        ChangedLocked(scheduler);
    }

    internal void ResumeLocked(ulong pages, CacheScheduler scheduler)
    {
        Require((pages & ~Suspended) == 0, "a suspension is resumed once");
        Suspended &= ~pages;
        WriteBackSuspended &= ~pages;
        Epoch++;
        ChangedLocked(scheduler);
    }

    /// <summary>Claims purged memory, as a load would, for giving it back to the system.</summary>
    internal void BeginGiveBackLocked(ulong pages)
    {
        Require((pages & ~(Backed & ~(Resident | Claimed))) == 0, "only memory that holds no page is given back");
        GivingBack |= pages;
        RecountPurgedLocked();
        CheckLocked();
    }

    /// <summary>Ends the claim of a give-back.</summary>
    /// <param name="pages">The pages that were claimed.</param>
    /// <param name="kept">The pages whose memory the system did not take back.</param>
    /// <param name="areShown">
    /// Whether views show what is in memory: then kept pages are resident again, with the bytes that they have.
    /// </param>
    /// <param name="scheduler">Where the calls that wait go on.</param>
    internal void EndGiveBackLocked(ulong pages, ulong kept, bool areShown, CacheScheduler scheduler)
    {
        Require((pages & ~GivingBack) == 0 && (kept & ~pages) == 0, "a claim ends once, for what it claimed");
        GivingBack &= ~pages;
        Backed &= ~(pages & ~kept);
        Refused = (Refused & ~pages) | kept;
        if (areShown) Resident |= kept;
        CloseMemoryIfNoneLocked();
        ChangedLocked(scheduler);
    }

    /// <summary>
    /// Counts all pages as without memory, which goes with its section: as <see cref="EndGiveBackLocked"/>, without a
    /// claim.
    /// </summary>
    /// <returns>The pages that had memory.</returns>
    internal ulong AbandonMemoryLocked(CacheScheduler scheduler)
    {
        ulong backed = Backed;
        Require((backed & (Resident | Claimed)) == 0, "only memory that holds no page is given back");
        Backed = PageMask.None;
        _isOpen = false;
        ChangedLocked(scheduler);
        return backed;
    }

    /// <summary>Lets the extent's memory be touched, before a page of it is used.</summary>
    /// <exception cref="OutOfMemoryException">
    /// The system has no further mapping, or no memory to promise; nothing changed.
    /// </exception>
    internal void OpenMemoryLocked()
    {
        if (_isOpen) return;
        _leaf.Guard?.Open(_slot);
        _isOpen = true;
    }

    private void CloseMemoryIfNoneLocked()
    {
        if (!_isOpen || Backed != PageMask.None) return;
        _isOpen = false;
        _leaf.Guard?.Close(_slot);
    }

    /// <summary>Retires an extent without memory and claims; the caller removes it from its table.</summary>
    internal void RetireLocked(CacheScheduler scheduler)
    {
        Require(IsEmptyLocked, "only an empty extent is retired");
        CloseMemoryIfNoneLocked();
        Volatile.Write(ref _isRetired, true);

        // A copy that is stuck inside may mark a page dirty at this moment. With the fence, one of the two sees the
        // other and takes the mark off.
        Interlocked.MemoryBarrier();
        CleanLocked(PageMask.All);
        TakeUse(PageMask.All);
        ChangedLocked(scheduler);

        // Another extent may take the place in the leaf: calls that still have this object see empty masks.
        _leaf = ExtentLeaf.Nowhere;
    }
}
