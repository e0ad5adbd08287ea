using System.Diagnostics;

namespace Concord.Measuring;

/// <summary>Rivals that do the same work on the same bytes, and the demands on them.</summary>
/// <param name="Title">The workload: "64 MiB, dirty".</param>
/// <param name="Bytes">Bytes an operation covers, for the rate.</param>
/// <param name="Rivals">The rivals that take turns. Names are unique.</param>
/// <param name="Reference">The rival that the table's ratios are against.</param>
/// <param name="Demands">What decides the verdict; none, and the figures are for information.</param>
internal sealed record Comparison(
    string Title, long Bytes, IReadOnlyList<Rival> Rivals, string Reference, IReadOnlyList<Demand> Demands)
{
    /// <summary>
    /// The most attempts at a slice that was disturbed; on a machine that is busy for minutes more would not help.
    /// </summary>
    public const int AttemptsMax = 3;

    /// <summary>With fewer rounds the tenth percentile is the minimum and one bad round moves the median.</summary>
    public const int RoundsMin = 9;

    /// <summary>
    /// After this time no further round begins, once there were <see cref="RoundsMin"/>: for a program whose user
    /// waits.
    /// </summary>
    public TimeSpan TimeMax { get; init; } = TimeSpan.MaxValue;

    /// <summary>
    /// How long the rivals take turns unmeasured. .NET compiles a method up to three times, each time after it was
    /// called often and no new method was called for a tenth of a second; a short call reaches its final speed only
    /// after the last time.
    /// </summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromMilliseconds(600);

    /// <summary>
    /// Whether the rivals have threads that take a processor from each other, because one answers the other or because
    /// there are more threads than processors: then switches are part of the measurement, and only time taken by the
    /// hypervisor is a disturbance.
    /// </summary>
    public bool SharesProcessors { get; init; }

    /// <summary>
    /// Runs the rivals in turns:
    /// 1. all of them, unmeasured, once at least and until the time for warming up is over;
    /// 2. in every round each once, beginning with another one every time, so that no rival always follows the same
    ///    one;
    /// 3. a disturbed slice again.
    /// </summary>
    /// <param name="rounds">How many rounds, unless the time is over before; each gives one ratio.</param>
    /// <param name="meter">Counts disturbances.</param>
    /// <param name="sliceDone">Called after each measured slice.</param>
    /// <param name="cancellationToken">Acts between slices.</param>
    public ComparisonResult Run(int rounds, IDisturbanceMeter meter, Action sliceDone,
        CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        RunUnmeasured(cancellationToken);
        var measured = Rivals.ToDictionary(rival => rival.Name, _ => new List<MeasuredSlice>(rounds));
        for (int round = 0; round < rounds && (round < RoundsMin || Stopwatch.GetElapsedTime(start) < TimeMax); round++)
        {
            for (int turn = 0; turn < Rivals.Count; turn++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Rival rival = Rivals[(round + turn) % Rivals.Count];
                measured[rival.Name].Add(MeasureUndisturbed(rival, meter));
                sliceDone();
            }
        }

        return new ComparisonResult(
            this, [.. Rivals.Select(rival => new RivalResult(rival.Name, measured[rival.Name]))]);
    }

    private void RunUnmeasured(CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            foreach (Rival rival in Rivals)
            {
                cancellationToken.ThrowIfCancellationRequested();
                rival.Prepare();
                rival.Measure();
            }
        }
        while (Stopwatch.GetElapsedTime(start) < WarmUp);
    }

    /// <summary>The first undisturbed attempt, or else the fastest: a disturbance only ever adds time.</summary>
    private MeasuredSlice MeasureUndisturbed(Rival rival, IDisturbanceMeter meter)
    {
        MeasuredSlice? best = null;
        for (int attempt = 1; attempt <= AttemptsMax; attempt++)
        {
            rival.Prepare();
            long before = meter.Count(withSwitches: !SharesProcessors);
            Slice slice = rival.Measure();
            bool isDisturbed = slice.IsDisturbed || meter.Count(withSwitches: !SharesProcessors) != before;

            if (!isDisturbed) return new MeasuredSlice(slice, IsDisturbed: false, DisturbedAttempts: attempt - 1);
            if (best is null || slice.Nanoseconds < best.Value.Slice.Nanoseconds)
                best = new MeasuredSlice(slice, IsDisturbed: true, DisturbedAttempts: AttemptsMax);
        }

        return best!.Value;
    }
}
