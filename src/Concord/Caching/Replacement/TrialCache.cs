namespace Concord.Caching;

/// <summary>
/// A small cache that holds the numbers of pages and no bytes. It is asked for a sample of the pages, and tells how
/// often its settings miss.
/// </summary>
internal sealed class TrialCache : IPageUse
{
    private const int None = -1;

    private readonly TwoQueues _queues;
    private readonly int _capacity;

    // Places by hash, with open addressing; each has one of the pages, whose hashes and marks lie in order.
    private readonly int[] _places;
    private readonly ulong[] _hashes;
    private readonly bool[] _isMarked;
    private int _free;

    internal TrialCache(int capacity, QueueSettings settings)
    {
        _capacity = capacity;
        _queues = new TwoQueues(this, capacity, settings);
        _places = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)capacity * 2)];
        Array.Fill(_places, None);
        _hashes = new ulong[capacity];
        _isMarked = new bool[capacity];
    }

    /// <summary>A page is asked for, and is there afterwards.</summary>
    /// <returns>Whether it was there.</returns>
    internal bool Request(ulong hash)
    {
        int place = PlaceOf(hash);
        if (_places[place] != None)
        {
            _isMarked[_places[place]] = true;
            return true;
        }

        int page = _queues.Count < _capacity ? _free++ : Evict();
        _places[PlaceOf(hash)] = page;
        (_hashes[page], _isMarked[page]) = (hash, false);
        _queues.Add((uint)page, isAhead: false);
        return false;
    }

    PageUse IPageUse.Look(uint page)
    {
        bool isMarked = _isMarked[page];
        _isMarked[page] = false;
        return isMarked ? PageUse.Used : PageUse.None;
    }

    ulong IPageUse.HashOf(uint page) => _hashes[page];

    private int Evict()
    {
        int node = _queues.Choose();
        int page = (int)_queues.PageOf(node);
        _queues.Leave(node);
        RemoveAt(PlaceOf(_hashes[page]));
        return page;
    }

    /// <summary>The place of a page, or the free one where it would be.</summary>
    private int PlaceOf(ulong hash)
    {
        int place = HomeOf(hash);
        while (_places[place] != None && _hashes[_places[place]] != hash) place = Next(place);
        return place;
    }

    /// <summary>Frees a place, and moves up those behind it that could not have theirs.</summary>
    private void RemoveAt(int hole)
    {
        for (int place = Next(hole); _places[place] != None; place = Next(place))
        {
            int home = HomeOf(_hashes[_places[place]]);
            bool staysBehind = hole <= place ? hole < home && home <= place : hole < home || home <= place;
            if (staysBehind) continue;
            _places[hole] = _places[place];
            hole = place;
        }

        _places[hole] = None;
    }

    private int HomeOf(ulong hash) => (int)hash & (_places.Length - 1);

    private int Next(int place) => (place + 1) & (_places.Length - 1);
}
