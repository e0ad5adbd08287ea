using System.CommandLine;
using Concord.Cli.Running;
using Concord.Cli.Tour;

namespace Concord.Cli.Commands;

/// <summary>The tour's second process: writes and flushes until it is killed. Not shown in the help.</summary>
internal static class TourWriterCommand
{
    internal const string Name = "write-for-tour";

    internal static Command Create(Output output)
    {
        var file = new Argument<string>("FILE") { Arity = ArgumentArity.ExactlyOne };
        var command = new Command(Name, "Write and flush records until killed.") { file };
        command.Hidden = true;
        command.SetAction(parse => TourWriter.Serve(parse.GetValue(file)!, output));
        return command;
    }
}
