namespace Concord.HitRatios.Policies;

/// <summary>
/// LIRS (Jiang, Zhang 2002): keeps the pages between whose last two uses the fewest others were used. A stack holds
/// pages in the order of use down to the last page that is kept for that; the others that are cached wait in a queue
/// of a hundredth. Of pages that left, twice the capacity stay in the stack.
/// </summary>
internal sealed class LirsPolicy(int capacity, int footprint) : ReplacementPolicy
{
    private const int Only = 0;

    private readonly int _keptMax = Math.Max(1, capacity - Math.Max(1, capacity / 100));
    private readonly int _leftMax = 2 * capacity;
    private readonly PageLists _stack = new(footprint, 1), _queue = new(footprint, 1), _left = new(footprint, 1);
    private readonly bool[] _isInStack = new bool[footprint], _isInQueue = new bool[footprint];
    private readonly bool[] _hasLeft = new bool[footprint], _isKept = new bool[footprint];
    private readonly bool[] _isCached = new bool[footprint];
    private int _kept, _cached;

    internal override bool Request(int page)
    {
        if (_isKept[page])
        {
            PutOnTop(page);
            Prune();
            return true;
        }

        bool isHit = _isCached[page];
        if (!isHit && _cached == capacity)
        {
            if (_queue.Count(Only) == 0) Demote();
            Evict();
        }

        bool isRecent = _isInStack[page];
        if (!isHit) _cached++;
        _isCached[page] = true;
        SetLeft(page, false);
        PutOnTop(page);
        if (isRecent || (!isHit && _kept < _keptMax && _queue.Count(Only) == 0)) Keep(page);
        else Enqueue(page);
        return isHit;
    }

    private void Keep(int page)
    {
        Dequeue(page);
        _isKept[page] = true;
        if (++_kept > _keptMax) Demote();
        Prune();
    }

    /// <summary>The kept page that was used longest ago is kept no more.</summary>
    private void Demote()
    {
        int page = _stack.Oldest(Only);
        _isKept[page] = false;
        _kept--;
        Forget(page);
        Enqueue(page);
        Prune();
    }

    /// <summary>The end of the queue leaves the cache, and is remembered as long as it is in the stack.</summary>
    private void Evict()
    {
        int page = _queue.Oldest(Only);
        Dequeue(page);
        _isCached[page] = false;
        _cached--;
        if (!_isInStack[page]) return;
        SetLeft(page, true);
        if (_left.Count(Only) > _leftMax) Forget(_left.Oldest(Only));
    }

    /// <summary>The bottom of the stack is a page that is kept.</summary>
    private void Prune()
    {
        while (_stack.Count(Only) > 0 && !_isKept[_stack.Oldest(Only)]) Forget(_stack.Oldest(Only));
    }

    private void PutOnTop(int page)
    {
        if (_isInStack[page]) _stack.Remove(Only, page);
        _isInStack[page] = true;
        _stack.AddNewest(Only, page);
    }

    private void Forget(int page)
    {
        if (_isInStack[page]) _stack.Remove(Only, page);
        _isInStack[page] = false;
        SetLeft(page, false);
    }

    private void SetLeft(int page, bool hasLeft)
    {
        if (_hasLeft[page] == hasLeft) return;
        if (hasLeft) _left.AddNewest(Only, page);
        else _left.Remove(Only, page);
        _hasLeft[page] = hasLeft;
    }

    private void Enqueue(int page)
    {
        Dequeue(page);
        _isInQueue[page] = true;
        _queue.AddNewest(Only, page);
    }

    private void Dequeue(int page)
    {
        if (_isInQueue[page]) _queue.Remove(Only, page);
        _isInQueue[page] = false;
    }
}
