namespace Concord.HitRatios.Policies;

/// <summary>
/// S3-FIFO (Yang and others 2023): new pages pass a small queue of a tenth, where all that were not used twice leave;
/// the others go round in the main queue as long as they are used. Who left the small queue is remembered for as many
/// pages as the main queue has, and goes there at once when it comes back.
/// </summary>
internal sealed class SThreeFifoPolicy : ReplacementPolicy
{
    private const int UsesMax = 3, UsesToStay = 2;
    private const double SmallShare = 0.1;

    private readonly int _capacity, _smallMax, _mainMax;
    private readonly Queue<int> _small = new(), _main = new();
    private readonly Queue<(int Page, int Turn)> _left = new();
    private readonly byte[] _uses;
    private readonly bool[] _isCached;

    // When a page left, 0 if it has come back or is forgotten.
    private readonly int[] _leftAt;
    private int _turn;

    internal SThreeFifoPolicy(int capacity, int footprint)
    {
        _capacity = capacity;
        _smallMax = Math.Max(1, (int)(SmallShare * capacity));
        _mainMax = Math.Max(1, capacity - _smallMax);
        (_uses, _isCached, _leftAt) = (new byte[footprint], new bool[footprint], new int[footprint]);
    }

    internal override bool Request(int page)
    {
        if (_isCached[page])
        {
            if (_uses[page] < UsesMax) _uses[page]++;
            return true;
        }

        while (_small.Count + _main.Count >= _capacity)
        {
            if (_small.Count >= _smallMax || _main.Count == 0) EvictSmall();
            else EvictMain();
        }

        (_leftAt[page] != 0 ? _main : _small).Enqueue(page);
        (_isCached[page], _uses[page], _leftAt[page]) = (true, 0, 0);
        return false;
    }

    private void EvictSmall()
    {
        while (_small.TryDequeue(out int page))
        {
            if (_uses[page] < UsesToStay)
            {
                _isCached[page] = false;
                Remember(page);
                return;
            }

            _uses[page] = 0;
            _main.Enqueue(page);
            if (_main.Count > _mainMax) break;
        }

        EvictMain();
    }

    private void EvictMain()
    {
        while (_main.TryDequeue(out int page))
        {
            if (_uses[page] == 0)
            {
                _isCached[page] = false;
                return;
            }

            _uses[page]--;
            _main.Enqueue(page);
        }
    }

    private void Remember(int page)
    {
        _leftAt[page] = ++_turn;
        _left.Enqueue((page, _turn));
        if (_left.Count <= _mainMax) return;
        var (oldest, turn) = _left.Dequeue();
        if (_leftAt[oldest] == turn) _leftAt[oldest] = 0;
    }
}
