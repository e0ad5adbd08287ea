using System.Collections.Concurrent;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Keeps the cache within its capacity with the clock algorithm: a hand passes over the extents that have memory. It
/// gives back the memory of purged pages, and evicts clean stable pages of extents that were not used since it last
/// passed. When those run short, the call that needs room writes back and asks for a barrier
/// (<see cref="FileCleaner"/>).
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
    private readonly ConcurrentQueue<Place> _arrivals = [];

    // _gate owns the ring and the hand. A sweep takes it, then the locks of extents one at a time.
    private readonly Lock _gate = new();
    private readonly List<Place> _ring = [];
    private int _hand;
    private int _gone;
    private readonly FileCleaner _cleaner;

    /// <summary>Places of retired extents are removed once they are this many, and half of all.</summary>
    private const int GonePlacesMin = 256;

    /// <summary>Fruitless sweeps before we check whether stuck readers pin every evictable page.</summary>
    private const int FruitlessMax = 3;

    /// <summary>
    /// Memory goes back in pieces of 2 MiB where it can: one call for many pages costs a fifth of many calls.
    /// </summary>
    private const int BatchPages = 8 * PageGeometry.PagesPerExtent;

    internal Evictor(CacheState cache, CacheFiles files)
    {
        _cache = cache;
        _files = files;
        _cleaner = new FileCleaner(cache, files);
        cache.Overfull = () => cache.Scheduler.Post(SweepExcess);
    }

    /// <summary>Lets the hand pass over an extent from now on; called with its lock held.</summary>
    internal void Enlist(FileState file, Extent extent)
    {
        if (extent.IsEnlisted) return;
        extent.IsEnlisted = true;
        _arrivals.Enqueue(new Place(file, extent));
    }

    /// <summary>Gives memory back, at least <paramref name="wanted"/> pages if that many can go now.</summary>
    /// <returns>How many pages were given back whose room every file may take.</returns>
    internal int Sweep(int wanted)
    {
        lock (_gate)
        {
            while (_arrivals.TryDequeue(out var arrival)) _ring.Add(arrival);

            // Choose pages and close them; drop those without a copy inside; give their memory back.
            var leaving = Choose(wanted);
            var going = new List<Going>(leaving.Count);
            int given = 0;
            try
            {
                if (leaving.Exists(static place => place.Closed != PageMask.None)) Pins.Fence();
                foreach (var place in leaving) going.Add(Drop(place));
                GiveBack(going);
            }
            finally
            {
                // End every claim, also after an error: memory that was not given back is kept.
                foreach (var place in leaving[going.Count..]) Reopen(place);
                foreach (var one in going) given += Forget(one);
            }

            return given;
        }
    }

    /// <summary>Gives memory back for so many pages, and some more, since one call for many costs less.</summary>
    /// <returns>How many pages were given back whose room every file may take.</returns>
    internal int SweepFor(int pages) =>
        Sweep(Math.Max(pages, (int)Math.Min(BatchPages, _cache.CapacityPages / 16)));

    /// <summary>
    /// Reopens what was chosen of an extent and not dropped, and ends the claim on its purged memory.
    /// </summary>
    private void Reopen((Place Place, ulong Purged, ulong Closed) leaving)
    {
        var ((file, extent), purged, closed) = leaving;
        lock (extent)
        {
            extent.EndGiveBackLocked(purged, kept: purged, areShown: false, _cache.Scheduler);
            extent.ReopenLocked(closed, _cache.Scheduler);
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
            foreach (var extent in file.Extents.All)
            {
                lock (extent)
                {
                    file.ReleaseBacked(PageMask.Count(extent.AbandonMemoryLocked(_cache.Scheduler)));
                    extent.RetireLocked(_cache.Scheduler);
                    if (extent.IsEnlisted) _gone++;
                }

                file.Extents.Remove(extent);
            }

            ForgetGoneLocked();
        }
    }

    /// <summary>
    /// Removes places whose extents were retired other than by a sweep, before they outnumber the others.
    /// </summary>
    private void ForgetGoneLocked()
    {
        while (_arrivals.TryDequeue(out var arrival)) _ring.Add(arrival);
        if (_gone < GonePlacesMin || _gone < _ring.Count / 2) return;
        _ring.RemoveAll(static place => place.Extent.IsRetired);
        _gone = 0;
    }

    private List<(Place Place, ulong Purged, ulong Closed)> Choose(int wanted)
    {
        var leaving = new List<(Place, ulong, ulong)>();

        // Go round twice: the first round clears the marks of use; the second finds extents that were not used since,
        // and offers again memory that the system refused to take back.
        int round = _ring.Count;
        for (int steps = 2 * round; steps > 0 && wanted > 0 && _ring.Count > 0; steps--)
        {
            if (_hand >= _ring.Count) _hand = 0;
            var place = _ring[_hand];
            lock (place.Extent)
            {
                // A retired extent leaves the ring.
                if (place.Extent.IsRetired)
                {
                    _ring[_hand] = _ring[^1];
                    _ring.RemoveAt(_ring.Count - 1);
                    _gone = Math.Max(0, _gone - 1);
                    continue;
                }

                var (purged, closed) = ChooseLocked(place.Extent, wanted, asksAgain: steps <= round);
                wanted -= PageMask.Count(purged) + PageMask.Count(closed);
                if ((purged | closed) != 0) leaving.Add((place, purged, closed));
            }

            _hand++;
        }

        return leaving;
    }

    private (ulong Purged, ulong Closed) ChooseLocked(Extent extent, int wanted, bool asksAgain)
    {
        // Purged memory goes first.
        ulong purged = extent.Backed & ~(extent.Resident | extent.Claimed);
        if (!asksAgain) purged &= ~extent.Refused;
        if (purged != PageMask.None) extent.BeginGiveBackLocked(purged);

        // An extent that was used since the last pass keeps its pages, and loses the mark.
        if (extent.WasUsed || PageMask.Count(purged) >= wanted)
        {
            extent.WasUsed = false;
            return (purged, PageMask.None);
        }

        // Close as many clean pages as are still wanted.
        ulong free = _cache.Recent.Spare(extent, extent.DroppableLocked & ~extent.Closing);
        ulong closed = Lowest(free, wanted - PageMask.Count(purged));
        if (closed != PageMask.None) extent.CloseLocked(closed, _cache.Scheduler);
        return (purged, closed);
    }

    /// <summary>
    /// Drops the pages that were not pinned or changed since they were closed, and claims their memory for giving it
    /// back.
    /// </summary>
    private Going Drop((Place Place, ulong Purged, ulong Closed) leaving)
    {
        var ((file, extent), purged, closed) = leaving;
        if (closed == PageMask.None) return new Going(leaving.Place, purged, PageMask.None);

        // Take the pages out of views first; a page that a copy has pinned stays.
        var (unviewed, frozen) = file.Sharers.UnmapForEviction(
            extent, closed & ~Pins.Inside(file.SectionId, extent.Index));
        lock (extent)
        {
            ulong dropped = file.Sharers.StillUnmappedLocked(extent, unviewed, frozen) & extent.DroppableLocked;
            extent.DropLocked(dropped, _cache.Scheduler);
            extent.BeginGiveBackLocked(dropped);
            extent.ReopenLocked(closed, _cache.Scheduler);
            return new Going(leaving.Place, purged | dropped, frozen);
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
        var ((file, extent), pages, frozen) = going;
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

    private static ulong Lowest(ulong pages, int count)
    {
        ulong lowest = PageMask.None;
        for (; pages != 0 && count > 0; pages &= pages - 1, count--) lowest |= pages & (0 - pages);
        return lowest;
    }

    private sealed record Place(FileState File, Extent Extent);

    /// <summary>
    /// Pages of an extent whose memory is claimed to go back, and the frozen pages to thaw after that.
    /// </summary>
    private sealed record Going(Place Place, ulong Pages, ulong Frozen)
    {
        /// <summary>
        /// Pages whose memory the system did not take back: they are tried again when the hand comes by.
        /// </summary>
        internal ulong Kept { get; set; } = Pages;
    }
}
