namespace Concord.Stores;

/// <summary>
/// The calls of one file's store, or log, that are under way. Each has a number and no time: only a call that waits
/// behind them reads the clock, so they cost other calls nothing.
/// </summary>
internal sealed class CallsUnderWay
{
    // _gate owns everything below. No other lock is taken while it is held. _count is also read without it.
    private readonly Lock _gate = new();

    // The number of the call in each place; 0 if the place is free.
    private long[] _numbers = [];
    private long _last;
    private int _count;

    // The oldest call at the last query, the time when a query first found it, and the clock of that time.
    private long _seen;
    private long _seenAt;
    private TimeProvider? _seenBy;

    /// <summary>Whether any call is under way.</summary>
    internal bool Any => Volatile.Read(ref _count) > 0;

    /// <summary>Notes that a call begins; dispose the result when the call has ended.</summary>
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
    /// The least time that the oldest call has been under way, counted from the first query that found it.
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

    /// <summary>A call that is under way.</summary>
    internal readonly struct Call(CallsUnderWay calls, int place) : IDisposable
    {
        public void Dispose() => calls.End(place);
    }
}
