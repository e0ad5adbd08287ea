using Concord.Measuring;
using Concord.Measuring.Charts;

namespace Concord.Cli.Bench;

/// <summary>The figures of a measurement as a picture.</summary>
internal static class BenchChart
{
    private static readonly ChartWords Words = new(
        "Concord beside the system's calls", "Concord is faster", "Concord is slower", "inconclusive", "as fast");

    internal static string Render(BenchDocument document) => SvgChart.Render(
        [
            .. document.Comparisons.Select(static comparison => new ChartPanel(
                comparison.Title, "Concord's speed, 1 = as fast as the other", IsShare: false,
                [.. comparison.Rivals.Where(static rival => rival.ConcordSpeed is not null).Select(Bar)]))
        ],
        Words);

    private static ChartBar Bar(BenchRival rival)
    {
        BenchSpread speed = rival.ConcordSpeed!;
        Verdict verdict = rival.Verdict switch
        {
            "faster" => Verdict.Reached,
            "slower" => Verdict.Missed,
            _ => Verdict.Inconclusive
        };
        return new ChartBar($"against {rival.Name}", speed.Median, verdict, speed.P10, speed.P90, Target: 1);
    }
}
