using Concord.Measuring;

namespace Concord.Cli.Bench;

/// <summary>What the comparisons of the command line have in common.</summary>
internal static class Workloads
{
    /// <summary>The fewest rounds of a comparison that give a meaningful result.</summary>
    internal const int RoundsMin = Comparison.RoundsMin;

    internal const int RoundsDefault = 25;

    /// <summary>
    /// The time limit of each comparison, unless the caller sets the rounds: all of them fit into a minute, also on a
    /// slow disk.
    /// </summary>
    internal static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Shorter than in the benchmarks, since a minute must suffice. The code is compiled by the end of it.
    /// </summary>
    internal static readonly TimeSpan WarmUp = TimeSpan.FromMilliseconds(400);
}
