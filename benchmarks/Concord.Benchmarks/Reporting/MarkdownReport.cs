using System.Text;
using Concord.Benchmarks.Goals;

namespace Concord.Benchmarks.Reporting;

/// <summary>The results as Markdown, for documents.</summary>
internal static class MarkdownReport
{
    public static string Render(RunReport report)
    {
        var text = new StringBuilder();
        text.AppendLine(string.Join("; ", report.Machine.Select(fact => $"{fact.Name}: {fact.Value}")) + ".");
        text.AppendLine($"{report.Rounds} rounds. {(report.IsPriorityRaised ? "Raised" : "Ordinary")} priority.");
        foreach (GoalResult goal in report.Goals) Append(text, goal);
        return text.ToString();
    }

    private static void Append(StringBuilder text, GoalResult goal)
    {
        text.AppendLine().AppendLine($"### {goal.Goal.Name}: {goal.Goal.Title}").AppendLine();
        text.AppendLine($"Target: {goal.Goal.Target}.").AppendLine();
        if (goal.Missing is { } missing)
        {
            text.AppendLine($"Not measured: {missing}.");
            return;
        }

        (int slices, int disturbed) = goal.Slices;
        text.AppendLine($"**{Word(goal.Verdict)}.** {disturbed} of {slices} slices were disturbed in every attempt.")
            .AppendLine();
        foreach (string note in goal.Goal.Notes) text.AppendLine($"- {note}");
        if (goal.Goal.Notes.Any()) text.AppendLine();
        AppendDemands(text, goal);
        AppendTable(text, ResultTable.Of(goal));
    }

    private static void AppendDemands(StringBuilder text, GoalResult goal)
    {
        text.AppendLine("| workload | demand | measured | verdict |").AppendLine("|---|---|---|---|");
        foreach (ComparisonResult comparison in goal.Comparisons)
        {
            foreach (DemandResult demand in comparison.DemandResults)
                text.AppendLine($"| {comparison.Comparison.Title} | {demand.Demand.Text} | {demand.Figure} | "
                    + $"{Word(demand.Verdict)} |");
        }

        text.AppendLine();
    }

    private static void AppendTable(StringBuilder text, ResultTable table)
    {
        text.AppendLine($"| {string.Join(" | ", table.Headings)} |");
        var rules = table.Headings.Select(static (_, column) => column < ResultTable.FirstFigure ? "---|" : "---:|");
        text.AppendLine($"|{string.Concat(rules)}");
        foreach (IReadOnlyList<string> row in table.Rows) text.AppendLine($"| {string.Join(" | ", row)} |");
    }

    private static string Word(Verdict verdict) => verdict.ToString().ToLowerInvariant();
}
