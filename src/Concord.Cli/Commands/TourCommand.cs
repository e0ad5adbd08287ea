using System.CommandLine;
using Concord.Cli.Json;
using Concord.Cli.Running;
using Concord.Cli.Tour;

namespace Concord.Cli.Commands;

/// <summary>
/// <c>concord tour</c>: shows the promises of Concord's own cache on real files; each step checks itself.
/// </summary>
internal static class TourCommand
{
    internal const string Name = Walk.Command;

    internal static Command Create(Output output)
    {
        Option<string> json = Parts.Json();
        var command = new Command(
            Name, "Show in a few seconds what Concord's own cache promises; every step checks itself.")
        {
            json,
        };
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            return Execute(run);
        });
        return command;
    }

    private static int Execute(Run run)
    {
        run.Interruption.Listen();
        TourView view = run switch
        {
            { IsJson: true } => TourView.Silent,
            { Output.IsTerminal: true } => new TourScreen(run.Output),
            _ => new TourText(run.Output),
        };
        try
        {
            TourDocument document = Walk.Take(view, run.Interruption.Token);
            if (run.IsJson) JsonReport.WriteDocument(run.Output, document, JsonShapes.Default.TourDocument);
            return document.Holds ? ExitCode.Done : ExitCode.Error;
        }
        catch (OperationCanceledException) when (run.Interruption.IsRequested)
        {
            run.Output.Flush();
            run.Output.Error.WriteLine("concord: stopped; its files are taken away");
            return run.Interruption.ExitCode;
        }
    }
}
