using Concord.Measuring;

namespace Concord.Cli.Bench;

/// <summary>What the comparisons of the command line have in common.</summary>
internal static class Workloads
{
    /// <summary>The fewest rounds of a comparison that say something.</summary>
    internal const int RoundsMin = Comparison.RoundsMin;

    internal const int RoundsDefault = 25;

    /// <summary>
    /// For each of the comparisons, unless the caller says how many rounds: all of them fit a minute, on a slow disk
    /// too.
    /// </summary>
    internal static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Shorter than the benchmarks': a minute is all there is. The code is compiled by the end of it.
    /// </summary>
    internal static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(400);
}
