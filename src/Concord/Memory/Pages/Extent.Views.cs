using Concord.Scheduling;

namespace Concord.Memory;

// For views: pages that appear in one step, pages that may not be mapped for a while, and threads that wait for them.
internal sealed partial class Extent
{
    /// <summary>Absent pages that a thread inside a view waits for, and that one answering thread fills.</summary>
    internal ulong Faulting { get; private set; }

    /// <summary>Pages that views may not map. Only the call that froze them drops them.</summary>
    internal ulong Frozen { get; private set; }

    /// <summary>Pages that a thread inside a view waits for, while another call works on them.</summary>
    internal ulong Awaited { get; private set; }

    /// <summary>
    /// Pages that a writable view may have translations of, so that it can change them unseen.
    /// </summary>
    internal ulong WritablyMapped { get; private set; }

    /// <summary>Called, with the lock held, when awaited pages have become answerable.</summary>
    internal IPageWaker? Waker { get; init; }

    /// <summary>Pages that a fault can be answered for now: no call is working on them.</summary>
    internal ulong Answerable => ~(Claimed | Suspended | Frozen);

    /// <summary>Notes that a thread inside a view waits for pages: it is woken when they are answerable.</summary>
    internal void AwaitLocked(ulong pages)
    {
        Awaited |= pages;
        CheckLocked();
    }

    /// <summary>Notes that a writable view maps pages. Returns those that none had mapped before.</summary>
    internal ulong MapWritablyLocked(ulong pages)
    {
        ulong added = pages & ~WritablyMapped;
        WritablyMapped |= pages;
        CheckLocked();
        return added;
    }

    /// <summary>Notes that no writable view maps these pages. Returns those that one may have had mapped.</summary>
    internal ulong UnmapWritablyLocked(ulong pages)
    {
        ulong hidden = pages & WritablyMapped;
        WritablyMapped &= ~pages;
        CheckLocked();
        return hidden;
    }

    internal void FreezeLocked(ulong pages)
    {
        Require((Frozen & pages) == 0, "a page is frozen once");
        Frozen |= pages;
        CheckLocked();
    }

    internal void ThawLocked(ulong pages, CacheScheduler scheduler)
    {
        Frozen &= ~pages;
        ChangedLocked(scheduler);
    }

    /// <summary>
    /// Claims absent pages for a fault. Calls that wait see a claim without a load, and look again when it ends.
    /// </summary>
    /// <returns>The epoch it began in.</returns>
    internal long BeginFaultLocked(ulong pages)
    {
        Require((pages & (Resident | Claimed | Suspended)) == 0, "only an absent page that nobody fills is loaded");
        OpenMemoryLocked();
        Faulting |= pages;
        Backed |= pages;
        RecountPurgedLocked();
        CheckLocked();
        return Epoch;
    }

    /// <summary>Ends a claim of a fault: pages that appeared are resident, the rest have no memory.</summary>
    /// <returns>How many pages have no memory.</returns>
    internal int EndFaultLocked(ulong pages, ulong installed, CacheScheduler scheduler)
    {
        Require((pages & ~Faulting) == 0, "a claim ends once, for what it claimed");
        Faulting &= ~pages;
        return AppearedLocked(pages, installed, scheduler);
    }

    /// <summary>Ends a load whose pages appeared in one step each, or did not.</summary>
    /// <returns>How many pages have no memory.</returns>
    internal int EndStagedLoadLocked(PageLoad load, ulong installed, Exception? error, CacheScheduler scheduler)
    {
        Require(_loads.Remove(load), "a load ends once");
        Loading &= ~load.Pages;
        load.EndLocked(error, scheduler);
        NoteUse(installed);
        return AppearedLocked(load.Pages, installed, scheduler);
    }

    /// <summary>Makes claimed pages that appeared resident; the rest have no memory.</summary>
    private int AppearedLocked(ulong pages, ulong installed, CacheScheduler scheduler)
    {
        Require((installed & ~pages) == 0, "only a claimed page appears");
        Resident |= installed;
        Backed &= ~(pages & ~installed);
        CloseMemoryIfNoneLocked();
        ChangedLocked(scheduler);
        return PageMask.Count(pages & ~installed);
    }

    /// <summary>Whether a load reads straight into the section.</summary>
    internal bool HasLoadInPlaceLocked => _loads.Exists(static load => !load.IsStaged);

    private void WakeAwaitedLocked()
    {
        ulong free = Awaited & Answerable;
        if (free == PageMask.None) return;
        Awaited &= ~free;
        Waker?.WakeLocked(this, free);
    }
}
