using System.Diagnostics;

namespace Concord.Benchmarks.Workloads;

/// <summary>
/// Work that only looks at the clock, and adds up how long it was kept from that: by interrupts, and by whatever else
/// ran on its processor. Where a hypervisor runs below another one, nobody counts that.
/// </summary>
internal struct ClockWatch
{
    /// <summary>
    /// An undisturbed processor is away for 1 to 1.5 % of the time: its ticks. Where neighbours press it is 3 %, and
    /// what follows an interruption finds caches that were theirs.
    /// </summary>
    public const double LostShareMax = 0.02;

    /// <summary>A look takes some tens of nanoseconds; one that takes so long was interrupted.</summary>
    private static readonly long InterruptionTicksMin = Stopwatch.Frequency / 1_000_000;

    private long _lost, _all;

    /// <summary>The part of the time that was lost, 0 to 1.</summary>
    public readonly double LostShare => _all == 0 ? 0 : (double)_lost / _all;

    /// <summary>Whether that was more than an undisturbed processor loses.</summary>
    public readonly bool IsDisturbed => LostShare > LostShareMax;

    /// <summary>Works for so long.</summary>
    /// <returns>The time at the end, as <see cref="Stopwatch.GetTimestamp"/> counts.</returns>
    public long WorkFor(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp(), until = start
            + (long)(time.TotalSeconds * Stopwatch.Frequency), now = start;
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
