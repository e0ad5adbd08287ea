namespace Concord.HitRatios.Policies;

/// <summary>
/// LRU-2 (O'Neil, O'Neil, Weikum 1993): the page goes whose last use but one is longest ago; one that was used once
/// only goes before all others, by its last use. The times of every page are remembered for ever, cached or not.
/// </summary>
internal sealed class LruTwoPolicy(int capacity, int footprint) : ReplacementPolicy
{
    private readonly long[] _last = new long[footprint], _lastButOne = new long[footprint];
    private readonly bool[] _isCached = new bool[footprint];

    // A page is queued anew at each use; what does not say its present times is passed over.
    private readonly PriorityQueue<int, (long LastButOne, long Last)> _order = new();
    private int _cached;
    private long _now;

    internal override bool Request(int page)
    {
        bool isHit = _isCached[page];
        if (!isHit)
        {
            if (_cached == capacity) _isCached[TakeFirst()] = false;
            else _cached++;
            _isCached[page] = true;
        }

        (_lastButOne[page], _last[page]) = (_last[page], ++_now);
        _order.Enqueue(page, (_lastButOne[page], _last[page]));
        return isHit;
    }

    private int TakeFirst()
    {
        while (true)
        {
            _order.TryDequeue(out int page, out var times);
            if (_isCached[page] && times == (_lastButOne[page], _last[page])) return page;
        }
    }
}
