using System.CommandLine;
using Concord.Cli.Demonstration;
using Concord.Cli.Json;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord</c> alone: the problem and its solution, on a real file and real cache lines.</summary>
internal static class DemonstrationCommand
{
    internal static void Attach(RootCommand root, Output output)
    {
        Option<string> json = Parts.Json();
        root.Add(json);
        root.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            return Execute(run);
        });
    }

    private static int Execute(Run run)
    {
        run.Interruption.Listen();
        DemonstrationView view = run switch
        {
            { IsJson: true } => DemonstrationView.Silent,
            { Output.IsTerminal: true } => new DemonstrationScreen(run.Output),
            _ => new DemonstrationText(run.Output),
        };
        try
        {
            DemonstrationDocument document = Demonstration.Demonstration.Play(view, run.Interruption.Token);
            if (run.IsJson) JsonReport.WriteDocument(run.Output, document, JsonShapes.Default.DemonstrationDocument);
            return ExitCode.Done;
        }
        catch (OperationCanceledException) when (run.Interruption.IsRequested)
        {
            run.Output.Flush();
            run.Output.Error.WriteLine("concord: stopped; its file is taken away");
            return run.Interruption.ExitCode;
        }
    }
}
