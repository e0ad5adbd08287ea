using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Keeps the cache within its capacity. It gives back the memory of purged pages, and evicts the pages that the policy
/// chooses (<see cref="EvictionOrder"/>), if they are clean and stable. When those run short, the call that needs room
/// writes back and asks for a barrier (<see cref="FileCleaner"/>).
/// </summary>
/// <remarks>
/// It has no thread: it runs in the call that needs room or leaves too much. It takes no file's hold and waits for no
/// reader: a page with a copy inside stays until the next sweep.
/// </remarks>
internal sealed partial class Evictor
{
    private static readonly ByteRange Whole = new(0, long.MaxValue);

    private readonly CacheState _cache;
    private readonly CacheFiles _files;
    private readonly FileCleaner _cleaner;

    // _gate owns the order and the hand. A sweep takes it, then the locks of extents one at a time.
    private readonly Lock _gate = new();
    private readonly EvictionOrder _order;
    private int _hand;

    /// <summary>Fruitless sweeps before we check whether stuck readers pin every evictable page.</summary>
    private const int FruitlessMax = 3;

    /// <summary>
    /// So many pages leave at once, and so large a part of the capacity at most: one call for many pages costs less
    /// than many calls, and what leaves early could have stayed.
    /// </summary>
    private const int BatchPages = 8 * PageGeometry.PagesPerExtent, BatchShare = 128;

    internal Evictor(CacheState cache, CacheFiles files)
    {
        _cache = cache;
        _files = files;
        _order = new EvictionOrder(cache);
        _cleaner = new FileCleaner(cache, files);
        cache.Overfull = () => cache.Scheduler.Post(SweepExcess);
    }

    /// <summary>Notes that an extent gets pages; called with its lock held. Allocates once an extent.</summary>
    internal void Enlist(FileState file, Extent extent) => _order.Note(file, extent);

    /// <summary>
    /// Has pages join the order that were loaded and copied from, or into, since the last time. Does nothing while
    /// another call works on the order.
    /// </summary>
    internal void Settle()
    {
        if (!_order.HasArrivals || !_gate.TryEnter()) return;
        try
        {
            _order.Admit();
        }
        finally
        {
            _gate.Exit();
        }
    }

    /// <summary>
    /// Gives memory back, about <paramref name="wanted"/> pages if that many can go now, and one at least if any can.
    /// </summary>
    /// <returns>How many pages were given back whose room every file may take.</returns>
    internal int Sweep(int wanted)
    {
        lock (_gate)
        {
            _order.AdmitAll();
            var leaving = new List<EvictionPlace>();
            var going = new List<Going>();
            int given = 0;
            try
            {
                // Choose pages and close them; drop those without a copy inside; give their memory back.
                Choose(leaving, wanted);
                if (leaving.Exists(static place => place.Closed != PageMask.None)) Pins.Fence();
                foreach (var place in leaving) going.Add(Drop(place));
                GiveBack(going);
            }
            finally
            {
                // End every claim, also after an error: memory that was not given back is kept.
                foreach (var place in leaving[going.Count..]) Reopen(place);
                foreach (var one in going) given += Forget(one);
                EndChoice(leaving);
            }

            return given;
        }
    }

    /// <summary>Gives memory back for so many pages, and some more, since one call for many costs less.</summary>
    /// <returns>How many pages were given back whose room every file may take.</returns>
    internal int SweepFor(int pages) =>
        Sweep(Math.Max(pages, (int)Math.Min(BatchPages, _cache.CapacityPages / BatchShare)));

    /// <summary>
    /// Reopens what was chosen of an extent and not dropped, and ends the claim on its purged memory.
    /// </summary>
    private void Reopen(EvictionPlace place)
    {
        lock (place.Extent)
        {
            place.Extent.EndGiveBackLocked(place.Purged, kept: place.Purged, areShown: false, _cache.Scheduler);
            place.Extent.ReopenLocked(place.Closed, _cache.Scheduler);
        }
    }

    /// <summary>Gives back memory beyond the capacity, as much as can go now.</summary>
    internal void SweepExcess()
    {
        if (_cache.ExcessPages is > 0 and var excess) Sweep((int)Math.Min(excess, int.MaxValue));
    }

    /// <summary>Gives back memory beyond the capacity, and writes back pages where that is necessary.</summary>
    internal async ValueTask TrimAsync(CancellationToken cancellationToken)
    {
        var turn = new CleaningTurn();
        while (_cache.ExcessPages is > 0 and var excess && turn.Failed <= FailedTurnsMax)
        {
            await _cache.Scheduler.YieldPointAsync().ConfigureAwait(false);
            if (Sweep((int)Math.Min(excess, int.MaxValue)) > 0) continue;
            var state = await _cleaner
                .CleanOthersAsync(own: null, turn, CallMode.Async, cancellationToken).ConfigureAwait(false);
            if (state == TurnState.AllTried) return;
        }
    }

    /// <summary>
    /// Forgets a file that leaves the cache, or that gives its section up: its memory goes with the section. Every page
    /// is purged, and the file is held exclusively.
    /// </summary>
    internal void ForgetFile(FileState file)
    {
        lock (_gate)
        {
            _order.AdmitAll();
            foreach (var extent in file.Extents.All)
            {
                lock (extent)
                {
                    file.ReleaseBacked(PageMask.Count(extent.AbandonMemoryLocked(_cache.Scheduler)));
                    extent.RetireLocked(_cache.Scheduler);
                }

                file.Extents.Remove(extent);
                if (extent.Enlistment is EvictionPlace place) _order.RemoveIfGone(place);
            }
        }
    }

    /// <summary>
    /// Drops the pages that were not pinned or changed since they were closed, and claims their memory for giving it
    /// back.
    /// </summary>
    private Going Drop(EvictionPlace place)
    {
        var (file, extent, closed) = (place.File, place.Extent, place.Closed);
        if (closed == PageMask.None) return new Going(place, place.Purged, PageMask.None);

        // Take the pages out of views first; a page that a copy has pinned stays.
        var (unviewed, frozen) = file.Sharers.UnmapForEviction(
            extent, closed & ~Pins.Inside(file.SectionId, extent.Index));
        lock (extent)
        {
            ulong dropped = file.Sharers.StillUnmappedLocked(extent, unviewed, frozen) & extent.DroppableLocked;
            extent.DropLocked(dropped, _cache.Scheduler);
            extent.BeginGiveBackLocked(dropped);
            extent.ReopenLocked(closed, _cache.Scheduler);
            return new Going(place, place.Purged | dropped, frozen);
        }
    }

    /// <summary>Gives claimed memory back to the system, in runs as long as neighbouring extents allow.</summary>
    private static void GiveBack(List<Going> going)
    {
        foreach (var byFile in going.GroupBy(static one => one.Place.File))
        {
            var parts = byFile.OrderBy(
                static one => one.Place.Extent.Index).Select(static one => (one.Place.Extent, one.Pages));
            var section = byFile.Key.Section;
            foreach (var run in PageRuns.Join(parts, section.IsContiguous))
            {
                if (!byFile.Key.Sharers.TryPunch(section, run)) continue;
                foreach (var one in byFile) one.Kept &= ~PageGeometry.PagesOf(one.Place.Extent.Index, run);
            }
        }
    }

    /// <summary>
    /// Counts memory that was given back, returns how much of it every file may take, and retires an extent that has
    /// none left.
    /// </summary>
    private int Forget(Going going)
    {
        var (place, pages, frozen) = going;
        var (file, extent) = (place.File, place.Extent);
        ulong given = pages & ~going.Kept;
        bool empty;
        lock (extent)
        {
            file.Sharers.UnmappedLocked(extent, given);
            extent.EndGiveBackLocked(pages, going.Kept, file.IsStaged, _cache.Scheduler);
            extent.ThawLocked(frozen, _cache.Scheduler);
            empty = extent.IsEmptyLocked;
            if (empty) extent.RetireLocked(_cache.Scheduler);
        }

        int common = file.ReleaseBacked(PageMask.Count(given));
        if (empty) file.Extents.Remove(extent);
        return common;
    }

    /// <summary>
    /// Pages of an extent whose memory is claimed to go back, and the frozen pages to thaw after that.
    /// </summary>
    private sealed record Going(EvictionPlace Place, ulong Pages, ulong Frozen)
    {
        /// <summary>
        /// Pages whose memory the system did not take back: they are tried again when nothing else can leave.
        /// </summary>
        internal ulong Kept { get; set; } = Pages;
    }
}
