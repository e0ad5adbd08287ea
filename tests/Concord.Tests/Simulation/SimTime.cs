namespace Concord.Tests.Simulation;

/// <summary>A clock that is turned by hand: it jumps to the next timer when nobody else can go on.</summary>
internal sealed class SimTime : TimeProvider
{
    private readonly SortedSet<SimTimer> _timers = new(Comparer<SimTimer>.Create(
        static (a, b) => a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Number.CompareTo(b.Number)));
    private long _now;
    private long _number;

    /// <summary>How many timers are running.</summary>
    internal int Timers => _timers.Count;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => new(_now, TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(this, callback, state, ++_number);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets the next timer ring. Returns false when there is none.</summary>
    internal bool AdvanceToNext()
    {
        if (_timers.Min is not { } timer) return false;
        _timers.Remove(timer);
        _now = Math.Max(_now, timer.Due);
        timer.Ring();
        return true;
    }

    private sealed class SimTimer(SimTime time, TimerCallback callback, object? state, long number) : ITimer
    {
        internal long Due { get; private set; }

        internal long Number { get; } = number;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            time._timers.Remove(this);
            if (dueTime == Timeout.InfiniteTimeSpan) return true;
            Due = time._now + dueTime.Ticks;
            return time._timers.Add(this);
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Ring() => callback(state);
    }
}
