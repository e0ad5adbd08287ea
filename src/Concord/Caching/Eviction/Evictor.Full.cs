using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// What a call does when nothing can leave memory: it waits for other calls, or reports that the cache is full.
/// </summary>
internal sealed partial class Evictor
{
    /// <summary>
    /// The signal of an activity that may free pages when it ends, and that does not wait for the caller's file; or
    /// null.
    /// </summary>
    private Signal? FindActivity(FileState own)
    {
        lock (_gate)
        {
            foreach (var place in _order.Places.All)
            {
                if (!own.MayWaitFor(place.File)) continue;
                lock (place.Extent)
                {
                    // A lease that overwrites ends when its holder disposes it, and that may be the
                    // caller: do not wait for it.
                    ulong ending = place.Extent.Claimed & ~place.Extent.Overwriting;
                    if ((ending | place.Extent.Writing | place.Extent.Closing) != PageMask.None)
                    {
                        return place.Extent.NextChangeLocked();
                    }

                    // Pages that a cut is about to drop are neither written nor dropped before the cut ends.
                    if ((place.Extent.Dirty & place.File.PagesBeingCut(place.Extent.Index)) != PageMask.None
                        && place.File.CutMeeting(long.MaxValue) is { } cut)
                    {
                        return cut;
                    }
                }
            }
        }

        return null;
    }

    /// <summary>
    /// Whether no page may leave; after several fruitless sweeps, whether every page that may leave has a copy stuck
    /// inside.
    /// </summary>
    private bool IsNothingLeft(FileState own, int fruitless, bool canWrite) =>
        !CanAnythingLeave(own, canWrite) || (fruitless >= FruitlessMax && IsAllStuck(own, canWrite));

    /// <summary>
    /// Whether some page may leave now: other calls write pages, make them durable and release them while this call
    /// looks, so a page that could not leave a moment ago may be able to.
    /// </summary>
    private bool CanAnythingLeave(FileState own, bool canWrite)
    {
        lock (_gate)
        {
            _order.AdmitAll();
            return _order.Places.All.Any(place => MayLeave(place, own, canWrite));
        }
    }

    /// <summary>
    /// Whether more memory is counted than pages have: another call has taken room that it does not use yet, or has
    /// given memory back and not counted it yet. That is no page that could leave, and it soon ends.
    /// </summary>
    private bool IsMemoryPassing()
    {
        lock (_gate)
        {
            _order.AdmitAll();
            long backed = 0;
            foreach (var place in _order.Places.All)
            {
                lock (place.Extent) backed += PageMask.Count(place.Extent.Backed);
            }

            return _cache.Counters.Backed > backed;
        }
    }

    /// <summary>
    /// Whether every page that may leave has a copy inside that does not end: the copy's own memory may wait for the
    /// room that this call is to make. Waits for the copies that do end.
    /// </summary>
    private bool IsAllStuck(FileState own, bool canWrite)
    {
        HashSet<FileState> stuck = [.. _files.All.Where(static file => !file.DrainPins())];
        lock (_gate) return !_order.Places.All.Any(place => MayLeave(place, own, canWrite, StuckIn(place)));

        ulong StuckIn(EvictionPlace place) =>
            stuck.Contains(place.File) ? Pins.Inside(place.File.SectionId, place.Extent.Index) : PageMask.None;
    }

    private static bool MayLeave(EvictionPlace place, FileState own, bool canWrite, ulong stuck = PageMask.None)
    {
        var extent = place.Extent;
        lock (extent)
        {
            // Of a file above count only pages that can be dropped at once: this call must not wait for that file.
            if (!own.MayWaitFor(place.File))
            {
                return (extent.DroppableLocked & ~(extent.Closing | stuck)) != PageMask.None;
            }

            // A page whose write-back is suspended is not written before the range is resumed, perhaps by the caller.
            ulong stays = canWrite ? extent.Dirty & extent.WriteBackSuspended : extent.Dirty;
            stays |= extent.Refused & ~extent.Resident;
            return (extent.Backed & ~(extent.HeldByLease | stays | stuck)) != PageMask.None;
        }
    }

    private IOException Full(Exception? error) => new(
        $"the cache is full: none of its {_cache.CapacityPages} pages can leave, "
        + (error is null
            ? "they are leased, suspended or being copied"
            : $"since writing them back fails: {ShownText.Of(error)}"), error);
}
