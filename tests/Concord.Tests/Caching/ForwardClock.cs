namespace Concord.Tests.Caching;

/// <summary>The system's clock, set forward.</summary>
internal sealed class ForwardClock : TimeProvider
{
    private long _ahead;

    internal TimeSpan Ahead
    {
        get => new(Volatile.Read(ref _ahead));
        set => Volatile.Write(ref _ahead, value.Ticks);
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() =>
        (Environment.TickCount64 * TimeSpan.TicksPerMillisecond) + Volatile.Read(ref _ahead);
}
