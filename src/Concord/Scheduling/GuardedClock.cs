namespace Concord.Scheduling;

/// <summary>
/// A clock that somebody else has made. What it throws ends no wait and no thread: a time that it does not tell is the
/// one that it told last, and a timer that it does not give is the system's.
/// </summary>
internal sealed class GuardedClock : TimeProvider
{
    private readonly TimeProvider _clock;
    private long _last;

    private GuardedClock(TimeProvider clock)
    {
        _clock = clock;
        TimestampFrequency = clock.TimestampFrequency;
    }

    public override long TimestampFrequency { get; }

    /// <summary>Whether a clock says how fast it counts.</summary>
    internal static bool Tells(TimeProvider clock)
    {
        try
        {
            return clock.TimestampFrequency > 0;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>The clock, guarded unless it is the system's.</summary>
    internal static TimeProvider Of(TimeProvider clock) => clock == System ? clock : new GuardedClock(clock);

    public override long GetTimestamp()
    {
        try
        {
            long now = _clock.GetTimestamp();
            Volatile.Write(ref _last, now);
            return now;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return Volatile.Read(ref _last);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer? timer;
        try
        {
            timer = _clock.CreateTimer(callback, state, dueTime, period);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            // The system's, as where it gives none.
            return System.CreateTimer(callback, state, dueTime, period);
        }

        return timer is null ? System.CreateTimer(callback, state, dueTime, period) : new GuardedTimer(timer);
    }

    private sealed class GuardedTimer(ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            try
            {
                timer.Dispose();
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // It may come once more: nobody waits for it any more.
                return;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
