using Concord.Memory;

namespace Concord.Caching;

/// <summary>What a sweep chooses: purged memory, then pages in the policy's order, then any that can go.</summary>
internal sealed partial class Evictor
{
    /// <summary>
    /// How many pages a sweep tries in the policy's order: where nearly all are leased or dirty, it takes few and does
    /// not try all.
    /// </summary>
    private const int TriesMin = 64, TriesAPage = 16;

    // Used by one sweep at a time.
    private readonly List<(int Node, EvictionPlace Place, ulong Page)> _chosen = [];
    private readonly List<EvictionPlace> _asked = [];

    /// <summary>Pages that sweeps have tried in the policy's order; for tests.</summary>
    internal long Tried { get; private set; }

    /// <summary>Whether the order agrees with the masks. For tests.</summary>
    internal bool IsOrderExact()
    {
        lock (_gate) return _order.IsExact();
    }

    private void Choose(List<EvictionPlace> leaving, int wanted)
    {
        wanted -= ChoosePurged(leaving, wanted);
        if (wanted <= 0) return;

        // Pages in the policy's order. If none of those that were tried can go, or if all were tried, look at every
        // extent: it may have memory that the policy does not know of, or that the system refused to take back.
        long tries = Math.Min(_order.Count, TriesMin + ((long)TriesAPage * wanted));
        bool areAll = tries == _order.Count;
        int found = ChooseInOrder(leaving, wanted, tries);
        if (found < wanted && (found == 0 || areAll)) ChooseAny(leaving, wanted - found);
    }

    /// <summary>Claims memory of purged pages.</summary>
    /// <returns>How many pages.</returns>
    private int ChoosePurged(List<EvictionPlace> leaving, int wanted)
    {
        int found = 0;
        for (int steps = _order.Places.End; steps > 0 && found < wanted && _cache.Counters.Purged > 0; steps--)
        {
            if (NextPlace() is not { } place) continue;
            lock (place.Extent) found += ClaimPurgedLocked(place, place.Extent.PurgedLocked & ~place.Extent.Refused);
            if (place.Purged != PageMask.None) leaving.Add(place);
        }

        return found;
    }

    /// <summary>Closes pages that the policy chooses, as far as they can go.</summary>
    /// <param name="leaving">Places of which something is chosen already; others are added.</param>
    /// <param name="wanted">How many pages are wanted.</param>
    /// <param name="tries">How many pages are tried at most.</param>
    /// <returns>How many pages were closed.</returns>
    private int ChooseInOrder(List<EvictionPlace> leaving, int wanted, long tries)
    {
        int found = 0;
        while (found < wanted && tries > 0)
        {
            // As many as are still wanted, by extent.
            int begin = _chosen.Count;
            long most = Math.Min(wanted - found, tries);
            while (_chosen.Count - begin < most && _order.TryChoose(out int node, out var place, out ulong page))
            {
                _chosen.Add((node, place, page));
                if (place.Asked == PageMask.None) _asked.Add(place);
                place.Asked |= page;
            }

            if (_chosen.Count == begin) return found;
            tries -= _chosen.Count - begin;
            Tried += _chosen.Count - begin;
            foreach (var place in _asked) found += CloseAsked(leaving, place);
            _asked.Clear();
            KeepOthers(begin);
        }

        return found;
    }

    private int CloseAsked(List<EvictionPlace> leaving, EvictionPlace place)
    {
        bool isNew = (place.Purged | place.Closed) == PageMask.None;
        int count;
        lock (place.Extent) count = CloseLocked(place, place.Asked);
        place.Asked = PageMask.None;
        if (isNew && count > 0) leaving.Add(place);
        return count;
    }

    /// <summary>Tells the policy of those that were not closed: they stay.</summary>
    private void KeepOthers(int begin)
    {
        int kept = begin;
        for (int at = begin; at < _chosen.Count; at++)
        {
            var (node, place, page) = _chosen[at];
            if ((place.Closed & page) != PageMask.None) _chosen[kept++] = _chosen[at];
            else _order.Keep(node);
        }

        _chosen.RemoveRange(kept, _chosen.Count - kept);
    }

    /// <summary>
    /// Goes round all extents twice, and takes what can go: first what was not used lately, then anything, also memory
    /// that the system refused to take back.
    /// </summary>
    private void ChooseAny(List<EvictionPlace> leaving, int wanted)
    {
        int round = _order.Places.End;
        for (int steps = 2 * round; steps > 0 && wanted > 0; steps--)
        {
            if (NextPlace() is not { } place) continue;
            var extent = place.Extent;
            bool isNew = (place.Purged | place.Closed) == PageMask.None;
            bool isFirst = steps > round;
            lock (extent)
            {
                wanted -= ClaimPurgedLocked(place, extent.PurgedLocked & ~(isFirst ? extent.Refused : PageMask.None));
                ulong pages = isFirst ? ~extent.Used : PageMask.All;
                if (wanted > 0) wanted -= CloseLocked(place, pages, wanted);
            }

            if (isNew && (place.Purged | place.Closed) != PageMask.None) leaving.Add(place);
        }
    }

    private static int ClaimPurgedLocked(EvictionPlace place, ulong pages)
    {
        if (pages == PageMask.None) return 0;
        place.Extent.BeginGiveBackLocked(pages);
        place.Purged |= pages;
        return PageMask.Count(pages);
    }

    /// <summary>Closes those of some pages that are clean and stable.</summary>
    private int CloseLocked(EvictionPlace place, ulong pages, int most = PageGeometry.PagesPerExtent)
    {
        var extent = place.Extent;
        ulong free = _cache.Recent.Spare(extent, pages & extent.DroppableLocked & ~extent.Closing);
        ulong closed = Lowest(free, most);
        if (closed == PageMask.None) return 0;
        extent.CloseLocked(closed, _cache.Scheduler);
        place.Closed |= closed;
        return PageMask.Count(closed);
    }

    /// <summary>The place that the hand points at, which moves on; null for none.</summary>
    private EvictionPlace? NextPlace()
    {
        var places = _order.Places;
        if (places.End == 0) return null;
        if (_hand >= places.End) _hand = 0;
        return places[_hand++] is { IsGone: false } place ? place : null;
    }

    /// <summary>A sweep is over: tells the policy which of the chosen pages left.</summary>
    private void EndChoice(List<EvictionPlace> leaving)
    {
        foreach (var (node, place, page) in _chosen)
        {
            if ((place.Extent.Resident & page) != PageMask.None) _order.Keep(node);
            else _order.Leave(node, place, page);
        }

        _chosen.Clear();
        foreach (var place in leaving)
        {
            (place.Purged, place.Closed) = (PageMask.None, PageMask.None);
            _order.RemoveIfGone(place);
        }
    }

    private static ulong Lowest(ulong pages, int count)
    {
        ulong lowest = PageMask.None;
        for (; pages != 0 && count > 0; pages &= pages - 1, count--) lowest |= pages & (0 - pages);
        return lowest;
    }
}
