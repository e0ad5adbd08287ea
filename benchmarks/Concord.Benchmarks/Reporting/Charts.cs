using Concord.Benchmarks.Goals;

namespace Concord.Benchmarks.Reporting;

/// <summary>Chooses what of a run is drawn: the ratios that were demanded, and the pages that stayed.</summary>
internal static class Charts
{
    public static IReadOnlyList<ChartPanel> Of(RunReport report) =>
        [.. report.Goals.SelectMany(goal => (ChartPanel?[])[Speeds(goal), Left(goal)]).OfType<ChartPanel>()];

    private static ChartPanel? Speeds(GoalResult goal)
    {
        List<ChartBar> bars = [];
        foreach (ComparisonResult comparison in goal.Comparisons)
        {
            var demands = comparison.DemandResults.Where(result => result.Demand is SpeedDemand).ToList();
            foreach (DemandResult result in demands)
            {
                var demand = (SpeedDemand)result.Demand;
                Spread speed = comparison.SpeedOf(demand.Rival, demand.Reference);
                string label = demands.Count == 1
                    ? comparison.Comparison.Title
                    : $"{comparison.Comparison.Title}: {demand.Rival} / {demand.Reference}";
                bars.Add(new ChartBar(label, speed.Median, result.Verdict, speed.P10, speed.P90, demand.RatioMin));
            }
        }

        return bars.Count == 0 ? null : new ChartPanel($"{goal.Goal.Name}: {goal.Goal.Title}",
            "speed, 1 = as fast as the peer", IsShare: false, bars);
    }

    private static ChartPanel? Left(GoalResult goal)
    {
        var bars =
            from comparison in goal.Comparisons
            from rival in comparison.Rivals
            from left in rival.WorstLeft is { } worst ? (PagesLeft[])[worst] : []
            let demand = comparison.DemandResults.FirstOrDefault(
                result => result.Demand is EmptyDemand empty && empty.Rival == rival.Name)
            select new ChartBar($"{comparison.Comparison.Title}: {rival.Name}", left.Found / (double)left.Total,
                demand?.Verdict ?? Verdict.Skipped);
        var drawn = bars.ToList();
        return drawn.Count == 0 ? null : new ChartPanel($"{goal.Goal.Name}: pages left in the cache",
            "share of the file's pages, less is better", IsShare: true, drawn);
    }
}
