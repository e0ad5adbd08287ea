using Concord.Benchmarks.Goals;
using Spectre.Console;

namespace Concord.Benchmarks.Reporting;

/// <summary>The results as tables, for people at a terminal.</summary>
internal static class TableReport
{
    /// <summary>A pipe has no width; this holds the widest row of most tables.</summary>
    private const int PipeColumns = 200;

    public static void Print(RunReport report)
    {
        SuitPipe();
        AnsiConsole.WriteLine(string.Join(" · ", report.Machine.Select(fact => fact.Value)));
        foreach (GoalResult goal in report.Goals) Print(goal);

        AnsiConsole.WriteLine($"Watched for disturbances: {report.Watched}.");
        if (!report.IsPriorityRaised) AnsiConsole.WriteLine("Run at ordinary priority: raising it was refused.");
    }

    public static void SuitPipe()
    {
        if (!Console.IsOutputRedirected) return;
        AnsiConsole.Profile.Width = PipeColumns;
        AnsiConsole.Profile.Capabilities.Ansi = false;
        AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
    }

    private static void Print(GoalResult goal)
    {
        AnsiConsole.WriteLine();
        AnsiConsole.MarkupLine(
            $"[bold]{Markup.Escape(goal.Goal.Name)}[/] {Markup.Escape(goal.Goal.Title)}: {Coloured(goal.Verdict)}");
        AnsiConsole.WriteLine($"Target: {goal.Goal.Target}");
        if (goal.Missing is { } missing)
        {
            AnsiConsole.WriteLine($"Not measured: {missing}");
            return;
        }

        foreach (string note in goal.Goal.Notes) AnsiConsole.WriteLine(note);
        AnsiConsole.Write(TableOf(ResultTable.Of(goal)));
        foreach (ComparisonResult comparison in goal.Comparisons)
        {
            foreach (DemandResult demand in comparison.DemandResults)
                AnsiConsole.MarkupLine($"  {Coloured(demand.Verdict)}  "
                    + $"{Markup.Escape($"{comparison.Comparison.Title}: {demand.Demand.Text}: {demand.Figure}")}");
        }
    }

    private static Table TableOf(ResultTable content)
    {
        Table table = new Table().Border(TableBorder.Rounded);
        for (int column = 0; column < content.Headings.Count; column++)
        {
            var heading = new TableColumn(Markup.Escape(content.Headings[column])).NoWrap();
            table.AddColumn(column < ResultTable.FirstFigure ? heading : heading.RightAligned());
        }

        foreach (IReadOnlyList<string> row in content.Rows)
        {
            if (row[0].Length > 0 && table.Rows.Count > 0) table.AddEmptyRow();
            table.AddRow([.. row.Select(Markup.Escape)]);
        }

        return table;
    }

    private static string Coloured(Verdict verdict) => verdict switch
    {
        Verdict.Reached => "[green]reached[/]",
        Verdict.Missed => "[red]missed[/]",
        Verdict.Inconclusive => "[yellow]inconclusive[/]",
        _ => "[grey]skipped[/]",
    };
}
