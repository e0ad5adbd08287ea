namespace Concord.Stores;

/// <summary>
/// The calls of one file's store, or log, that are under way. Each has a number and no time: who waits behind them asks
/// the clock, and they cost nobody else anything.
/// </summary>
internal sealed class CallsUnderWay
{
    // _gate owns everything below. Nothing is taken inside. _count is also read without it.
    private readonly Lock _gate = new();

    // The number of the call in each place; 0 where there is none.
    private long[] _numbers = [];
    private long _last;
    private int _count;

    // The call that was found to be the oldest when it was last asked, since when, and by which clock.
    private long _seen;
    private long _seenAt;
    private TimeProvider? _seenBy;

    /// <summary>Whether there are any.</summary>
    internal bool Any => Volatile.Read(ref _count) > 0;

    /// <summary>A call begins; dispose it when it has ended.</summary>
    internal Call Begin()
    {
        lock (_gate)
        {
            int place = Array.IndexOf(_numbers, 0);
            if (place < 0)
            {
                place = _numbers.Length;
                Array.Resize(ref _numbers, Math.Max(2, 2 * place));
            }

            _numbers[place] = ++_last;
            _count++;
            return new Call(this, place);
        }
    }

    /// <summary>
    /// How long one call has been under way at least, without an end: from when this was first asked of it.
    /// </summary>
    internal TimeSpan Unanswered(TimeProvider time)
    {
        if (!Any) return TimeSpan.Zero;
        long now = time.GetTimestamp();
        lock (_gate)
        {
            long oldest = 0;
            foreach (long number in _numbers)
            {
                if (number > 0 && (oldest == 0 || number < oldest)) oldest = number;
            }

            if (oldest != 0 && oldest == _seen && time == _seenBy) return time.GetElapsedTime(_seenAt, now);
            (_seen, _seenAt, _seenBy) = (oldest, now, time);
            return TimeSpan.Zero;
        }
    }

    private void End(int place)
    {
        lock (_gate)
        {
            _numbers[place] = 0;
            _count--;
        }
    }

    /// <summary>One that is under way.</summary>
    internal readonly struct Call(CallsUnderWay calls, int place) : IDisposable
    {
        public void Dispose() => calls.End(place);
    }
}
