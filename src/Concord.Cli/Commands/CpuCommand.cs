using System.CommandLine;
using Concord.Cli.Json;
using Concord.Cli.Processor;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord cpu</c>: the processor's instructions that flush lines, and how long they take.</summary>
internal static class CpuCommand
{
    internal const string Name = "cpu";

    internal static Command Create(Output output)
    {
        Option<string> json = Parts.Json();
        var command = new Command(Name, "Show how this processor flushes its caches, and measure it.") { json };
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            return Execute(run);
        });
        return command;
    }

    private static int Execute(Run run)
    {
        ProcessorDocument document = ProcessorMeasurement.Measure();
        if (run.IsJson) JsonReport.WriteDocument(run.Output, document, JsonShapes.Default.ProcessorDocument);
        else if (run.Output.IsTerminal) ProcessorScreen.Write(run.Output, document);
        else ProcessorText.Write(run.Output.Text, document);
        return document.UnsupportedReason is null ? ExitCode.Done : ExitCode.Incomplete;
    }
}
