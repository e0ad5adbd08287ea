namespace Concord.HitRatios.Policies;

/// <summary>What came first goes first, used or not.</summary>
internal sealed class FifoPolicy(int capacity, int footprint) : ReplacementPolicy
{
    private readonly Queue<int> _queue = new(capacity);
    private readonly bool[] _isCached = new bool[footprint];

    internal override bool Request(int page)
    {
        if (_isCached[page]) return true;
        if (_queue.Count == capacity) _isCached[_queue.Dequeue()] = false;
        _queue.Enqueue(page);
        _isCached[page] = true;
        return false;
    }
}
