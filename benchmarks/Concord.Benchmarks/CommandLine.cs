using System.CommandLine;
using Concord.Benchmarks.Goals;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Reporting;
using Spectre.Console;

namespace Concord.Benchmarks;

/// <summary>What the program understands: names of goals, how much to measure, and where the results go.</summary>
internal static class CommandLine
{
    private const int ExitReached = 0, ExitMissed = 1, ExitError = 2;

    private static readonly Argument<string[]> Names = new("NAME")
    {
        Description = "Goals to measure; all of them without a name.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private static readonly Option<bool> Quick = new("--quick") { Description = "Leave out the largest sizes." };
    private static readonly Option<int> Rounds = new("--rounds")
    {
        Description = $"Rounds of each comparison, {RunSettings.RoundsMin} or more.",
        DefaultValueFactory = _ => RunSettings.RoundsDefault,
    };
    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Print everything measured as JSON, not a table.",
    };
    private static readonly Option<string?> Output = new("--output")
    {
        Description = "Write results.json, results.md and results.svg into this directory.",
        HelpName = "DIR",
    };
    private static readonly Option<string?> Files = new("--directory")
    {
        Description = "Where files are made: a directory on the disk file system to be measured.",
        HelpName = "DIR",
    };
    private static readonly Option<bool> Docs = new("--docs")
    {
        Description = "Rewrite the figures and the chart of docs/performance.md.",
    };

    public static int Run(string[] args)
    {
        var list = new Command("list", "Lists the goals.");
        list.SetAction(_ => List());

        Rounds.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < RunSettings.RoundsMin)
                result.AddError(
                    $"--rounds must be {RunSettings.RoundsMin} or more: with fewer the percentiles mean nothing");
        });
        var root = new RootCommand(
            "Measures Concord side by side with its peers, in turns, and says whether it reaches its goals.")
        {
            Names, Quick, Rounds, Json, Output, Files, Docs, list,
        };
        root.Validators.Add(result =>
        {
            if (result.GetValue(Docs) && (result.GetValue(Quick) || result.GetValue(Names) is { Length: > 0 }))
                result.AddError("--docs measures everything: leave out names and --quick");
        });
        root.SetAction((parsed, cancellationToken) => Task.FromResult(Measure(parsed, cancellationToken)));
        return root.Parse(args).Invoke();
    }

    private static int Measure(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            string files = DiskDirectory.Choose(parsed.GetValue(Files));
            IReadOnlyList<Goal> goals = GoalList.Find(parsed.GetValue(Names) ?? []);
            using TemporaryFolder folder = TemporaryFolder.Create("benchmark", [files]);
            var settings = new RunSettings(parsed.GetValue(Rounds), parsed.GetValue(Quick), files, folder);
            string? docs = parsed.GetValue(Docs) ? DocsReport.FindDirectory() : null;

            bool isJson = parsed.GetValue(Json);
            RunReport report = Runner.Run(goals, settings, showProgress: !isJson, cancellationToken);
            if (isJson) Console.WriteLine(JsonReport.Render(report));
            else TableReport.Print(report);

            if (parsed.GetValue(Output) is { } directory) WriteAll(report, directory);
            if (docs is not null) DocsReport.Write(report, docs);
            return report.Goals.Any(goal => goal.Verdict == Verdict.Missed) ? ExitMissed : ExitReached;
        }
        catch (Exception error) when (error is ArgumentException or IOException or UnauthorizedAccessException
            or InvalidOperationException or OperationCanceledException)
        {
            Console.Error.WriteLine(error is OperationCanceledException
                ? "stopped; nothing was written"
                : error.Message);
            return ExitError;
        }
    }

    private static void WriteAll(RunReport report, string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Combine(directory, "results.json"), JsonReport.Render(report));
        File.WriteAllText(Path.Combine(directory, "results.md"), MarkdownReport.Render(report));
        File.WriteAllText(Path.Combine(directory, "results.svg"), SvgChart.Render(Charts.Of(report)));
    }

    private static int List()
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("name", "what", "target");
        foreach (Goal goal in GoalList.All)
            table.AddRow(Markup.Escape(goal.Name), Markup.Escape(goal.Title), Markup.Escape(goal.Target));
        TableReport.SuitPipe();
        AnsiConsole.Write(table);
        return ExitReached;
    }
}
