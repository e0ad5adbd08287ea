using System.Diagnostics;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Work that only looks at the clock, and adds up how long it was kept from that: by interrupts, and by whatever else ran
/// on its processor, which on a virtual machine nobody else can tell.
/// </summary>
internal struct ClockWatch
{
    /// <summary>A look takes some tens of nanoseconds; one that takes so long was interrupted.</summary>
    private static readonly long InterruptionTicksMin = Stopwatch.Frequency / 1_000_000;

    private long _lost, _all;

    /// <summary>The part of the time that was lost, 0 to 1.</summary>
    public readonly double LostShare => _all == 0 ? 0 : (double)_lost / _all;

    /// <summary>Works for so long.</summary>
    /// <returns>The time at the end.</returns>
    public long WorkFor(TimeSpan pause)
    {
        long start = Stopwatch.GetTimestamp(), until = start + (long)(pause.TotalSeconds * Stopwatch.Frequency), now = start;
        while (now < until)
        {
            long before = now;
            now = Stopwatch.GetTimestamp();
            if (now - before >= InterruptionTicksMin) _lost += now - before;
        }

        _all += now - start;
        return now;
    }
}
