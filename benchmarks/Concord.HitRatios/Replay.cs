using Concord.HitRatios.Policies;
using Concord.HitRatios.Traces;

namespace Concord.HitRatios;

/// <summary>Runs a trace through every policy at every size.</summary>
internal static class Replay
{
    /// <summary>Sizes as shares of the footprint.</summary>
    internal static readonly double[] Shares = [0.001, 0.01, 0.1, 0.25];

    /// <summary>Smaller caches say nothing.</summary>
    private const int CapacityMin = 4;

    internal static IEnumerable<ReplayRow> Run(Trace trace, IReadOnlyList<PolicyKind> policies)
    {
        foreach (double share in Shares)
        {
            int capacity = (int)(share * trace.Footprint);
            if (capacity < CapacityMin) continue;
            double optimum = (double)Optimum.CountMisses(trace.Pages, capacity, trace.Footprint) / trace.Pages.Length;
            double[] ratios = [.. policies.Select(kind => MissRatio(trace, kind.Make(capacity, trace.Footprint)))];
            yield return new ReplayRow(trace.Name, trace.Pages.Length, capacity, optimum, ratios);
        }
    }

    /// <summary>Misses a request.</summary>
    internal static double MissRatio(Trace trace, ReplacementPolicy policy)
    {
        int misses = 0;
        foreach (int page in trace.Pages)
        {
            if (!policy.Request(page)) misses++;
        }

        return (double)misses / trace.Pages.Length;
    }
}
