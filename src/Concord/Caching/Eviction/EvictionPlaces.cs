namespace Concord.Caching;

/// <summary>
/// The places of extents that have memory, by number. Numbers of places that are removed are given again.
/// </summary>
internal sealed class EvictionPlaces
{
    private readonly List<EvictionPlace?> _places = [];
    private readonly Stack<int> _free = [];

    /// <summary>Numbers are below this.</summary>
    internal int End => _places.Count;

    internal EvictionPlace? this[int slot] => _places[slot];

    internal IEnumerable<EvictionPlace> All => _places.OfType<EvictionPlace>().Where(static place => !place.IsGone);

    internal void Add(EvictionPlace place)
    {
        if (_free.TryPop(out int slot))
        {
            _places[slot] = place;
        }
        else
        {
            slot = _places.Count;
            _places.Add(place);
        }

        place.Slot = slot;
    }

    internal void Remove(EvictionPlace place)
    {
        _places[place.Slot] = null;
        _free.Push(place.Slot);
        place.Slot = -1;
    }
}
