namespace Concord.HitRatios.Policies;

/// <summary>First in, first out, with a second chance for what was used since the hand came by last.</summary>
internal sealed class ClockPolicy(int capacity, int footprint) : ReplacementPolicy
{
    private readonly Queue<int> _ring = new(capacity);
    private readonly bool[] _isCached = new bool[footprint], _wasUsed = new bool[footprint];

    internal override bool Request(int page)
    {
        if (_isCached[page])
        {
            _wasUsed[page] = true;
            return true;
        }

        if (_ring.Count == capacity) _isCached[TakeUnused()] = false;
        _ring.Enqueue(page);
        _isCached[page] = true;
        return false;
    }

    private int TakeUnused()
    {
        while (true)
        {
            int page = _ring.Dequeue();
            if (!_wasUsed[page]) return page;
            _wasUsed[page] = false;
            _ring.Enqueue(page);
        }
    }
}
