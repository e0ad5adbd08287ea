using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// The pages in memory as the <see cref="ReplacementPolicy"/> orders them. A page is noted when it gets memory, and
/// joins the order a little later, once it has its bytes. That it has left memory is noticed when it is looked at.
/// </summary>
/// <remarks>
/// <see cref="Note"/> is called with an extent's lock held, and takes no other; everything else is called with the
/// evictor's gate held.
/// </remarks>
internal sealed class EvictionOrder(CacheState cache) : IPageUse
{
    // A page's number: its place's slot, and in the lowest bits which page of the extent it is.
    private const int PagesPerExtent = PageGeometry.PagesPerExtent;

    /// <summary>Extents that are told apart by 32 bits: with pages of 4 KiB, 16 TiB of a cache.</summary>
    private const int PlacesMax = (int)(uint.MaxValue / PagesPerExtent);

    private readonly List<EvictionPlace> _coming = [];
    private ReplacementPolicy? _policy;
    private EvictionPlace? _lastArrival;

    internal EvictionPlaces Places { get; } = new();

    /// <summary>How many pages may be chosen.</summary>
    internal int Count => _policy?.Count ?? 0;

    /// <summary>Whether pages have been noted that are yet to join; asked without the gate.</summary>
    internal bool HasArrivals => Volatile.Read(ref _lastArrival) is not null;

    /// <summary>Notes that an extent is getting pages. Called with its lock held; allocates once an extent.</summary>
    internal void Note(FileState file, Extent extent)
    {
        var place = (EvictionPlace?)extent.Enlistment;
        if (place is null) extent.Enlistment = place = new EvictionPlace(file, extent);
        if (place.IsNoted) return;
        place.IsNoted = true;
        EvictionPlace? last;
        do
        {
            last = Volatile.Read(ref _lastArrival);
            place.Before = last;
        }
        while (Interlocked.CompareExchange(ref _lastArrival, place, last) != last);
    }

    /// <summary>Pages that were noted join the order, if they have their bytes.</summary>
    internal void Admit()
    {
        if (!HasArrivals) return;
        _policy ??= new ReplacementPolicy(this, cache.CapacityPages);
        _policy.Resize(cache.CapacityPages);

        // The last one comes first: turn the list round.
        EvictionPlace? first = null;
        for (var place = Interlocked.Exchange(ref _lastArrival, null); place is not null;)
            (place.Before, first, place) = (first, place, place.Before);
        while (first is { } place)
        {
            (first, place.Before) = (place.Before, null);
            Admit(place);
        }
    }

    /// <summary><see cref="Admit()"/>, also of those that were being loaded the last time.</summary>
    internal void AdmitAll()
    {
        Admit();
        if (_coming.Count == 0) return;
        EvictionPlace[] coming = [.. _coming];
        _coming.Clear();
        foreach (var place in coming) Admit(place);
    }

    /// <summary>Chooses a page; then say what became of it.</summary>
    /// <param name="node">What the policy calls it until then.</param>
    /// <param name="place">Its extent's place.</param>
    /// <param name="page">The page.</param>
    internal bool TryChoose(out int node, out EvictionPlace place, out ulong page)
    {
        uint number = 0;
        node = -1;
        bool isChosen = _policy?.TryChoose(out node, out number) == true;
        place = isChosen ? PlaceOf(number) : null!;
        page = PageOf(number);
        return isChosen;
    }

    /// <summary>A chosen page stays.</summary>
    internal void Keep(int node) => _policy!.Keep(node);

    /// <summary>A chosen page has left.</summary>
    internal void Leave(int node, EvictionPlace place, ulong page)
    {
        _policy!.Leave(node);
        place.Ordered &= ~page;
    }

    /// <summary>Lets go of an extent that has gone. Its place goes with the last page that the policy knows.</summary>
    internal void RemoveIfGone(EvictionPlace place)
    {
        if (!place.IsGone) return;
        place.GiveUp();
        if (place.Slot >= 0 && place.Ordered == PageMask.None) Places.Remove(place);
    }

    /// <summary>
    /// Whether the policy knows the pages that the places say, and they every page with its bytes that was not noted
    /// just now. For tests.
    /// </summary>
    internal bool IsExact()
    {
        long ordered = 0;
        for (int slot = 0; slot < Places.End; slot++)
        {
            if (Places[slot] is not { } place) continue;
            ordered += PageMask.Count(place.Ordered);
            if (!place.IsGone && !place.IsNoted && (place.Extent.Resident & ~place.Ordered) != 0) return false;
        }

        return _policy is null ? ordered == 0 : _policy.Count == ordered && _policy.IsExact();
    }

    PageUse IPageUse.Look(uint number)
    {
        var place = PlaceOf(number);
        ulong page = PageOf(number);
        if (place.HasMemory(page)) return place.Extent.TakeUse(page) != 0 ? PageUse.Used : PageUse.None;
        place.Ordered &= ~page;
        RemoveIfGone(place);
        return PageUse.Gone;
    }

    ulong IPageUse.HashOf(uint number) =>
        ReplacementPolicy.Scatter(PlaceOf(number).Key + (number % PagesPerExtent));

    private EvictionPlace PlaceOf(uint number) => Places[(int)(number / PagesPerExtent)]!;

    private static ulong PageOf(uint number) => 1UL << (int)(number % PagesPerExtent);

    private void Admit(EvictionPlace place)
    {
        if (place.IsGone) return;
        ulong arrived, used;
        var extent = place.Extent;
        lock (extent)
        {
            place.IsNoted = false;
            if (place.Slot < 0) Places.Add(place);
            arrived = extent.Resident & ~place.Ordered;
            if (place.Slot >= PlacesMax) arrived = PageMask.None;
            used = extent.TakeUse(arrived);
            place.Ordered |= arrived;

            // Pages that are being loaded join later: their use is yet to come.
            if ((extent.Claimed & ~extent.GivingBack) != PageMask.None)
            {
                place.IsNoted = true;
                _coming.Add(place);
            }
        }

        for (ulong rest = arrived; rest != 0; rest &= rest - 1)
        {
            int page = PageMask.First(rest);
            _policy!.Add(((uint)place.Slot * PagesPerExtent) + (uint)page, isAhead: (used >> page & 1) == 0);
        }
    }
}
