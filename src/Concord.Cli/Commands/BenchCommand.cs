using System.CommandLine;
using System.Globalization;
using Concord.Cli.Bench;
using Concord.Cli.Files;
using Concord.Cli.Json;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord bench</c>: Concord's cache beside the system's calls, on the caller's own disk.</summary>
internal static class BenchCommand
{
    internal const string Name = Benchmark.Command;

    private const string ChartOption = "--output";

    internal static Command Create(Output output)
    {
        // The argument and the options.
        var file = new Argument<string?>("FILE")
        {
            Description = "A file to read from; it is never written. Writes go to temporary files beside it. Without: "
                + "a temporary file.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var chart = new Option<string?>(ChartOption)
        {
            Description = "Draw the figures into this SVG file.",
            HelpName = "CHART.SVG",
            Arity = ArgumentArity.ExactlyOne,
        };
        var rounds = new Option<string?>("--rounds")
        {
            Description = $"Rounds of each comparison: {Workloads.RoundsMin} or more. Without: "
                + $"{Workloads.RoundsDefault}, or as many as a minute has room for.",
            HelpName = "COUNT",
            Arity = ArgumentArity.ExactlyOne,
        };
        rounds.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !TryParse(token.Value, out _))
                result.AddError($"--rounds is a number of {Workloads.RoundsMin} or more, not '{token.Value}'");
        });
        Option<string> force = Parts.Force(), json = Parts.Json();

        // The command, which runs the measurement.
        var command = new Command(Name, "Measure Concord's cache beside the system's calls on this disk, in a minute.")
        {
            file,
            chart,
            force,
            rounds,
            json,
        };
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            string? path = parse.GetValue(file), asked = parse.GetValue(chart);
            IEnumerable<string> inputs = path is null ? [] : [path];
            OutputFile? drawn = asked is null
                ? null
                : OutputFile.Plan(ChartOption, asked, parse.Has(force), inputs);
            return Execute(run, path, TryParse(parse.GetValue(rounds), out int count) ? count : null, drawn);
        });
        return command;
    }

    private static int Execute(Run run, string? file, int? rounds, OutputFile? chart)
    {
        run.Interruption.Listen();
        try
        {
            BenchDocument document = BenchProgress.Watch(
                run, progress => Benchmark.Measure(file, rounds, progress, run.Interruption.Token));
            string? drawn = chart is not null && Draw(run, chart, document) ? chart.Path : null;
            if (run.IsJson) JsonReport.WriteDocument(run.Output, document, JsonShapes.Default.BenchDocument);
            else BenchText.Write(run.Output, document, drawn);
            return run.Exit(isComplete: true);
        }
        catch (OperationCanceledException) when (run.Interruption.IsRequested)
        {
            run.Output.Flush();
            run.Output.Error.WriteLine("concord: stopped; its files are taken away");
            return run.Interruption.ExitCode;
        }
    }

    /// <summary>Writes the chart; what was measured is shown even where that fails.</summary>
    private static bool Draw(Run run, OutputFile chart, BenchDocument document)
    {
        try
        {
            chart.Write(BenchChart.Render(document));
            return true;
        }
        catch (IOException exception)
        {
            run.Failures.Add(exception);
            return false;
        }
    }

    private static bool TryParse(string? text, out int rounds) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out rounds)
            && rounds >= Workloads.RoundsMin;
}
