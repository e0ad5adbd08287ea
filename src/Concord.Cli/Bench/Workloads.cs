namespace Concord.Cli.Bench;

/// <summary>What the comparisons of the command line have in common.</summary>
internal static class Workloads
{
    /// <summary>With fewer rounds the tenth percentile is the minimum and one bad round moves the median.</summary>
    internal const int RoundsMin = 9;

    internal const int RoundsDefault = 25;

    /// <summary>Shorter than the benchmarks': a minute is all there is. The code is compiled by the end of it.</summary>
    internal static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(400);
}
