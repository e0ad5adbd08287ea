namespace Concord.Scheduling;

/// <summary>
/// A clock that the application supplies. An exception of it ends no wait and no thread: then the last time that it
/// returned counts, and the system supplies the timer.
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

    /// <summary>Whether a clock reports its frequency.</summary>
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
            // Use the system's timer, as when the clock returns none.
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
                // The timer may fire once more; no call waits for it.
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
