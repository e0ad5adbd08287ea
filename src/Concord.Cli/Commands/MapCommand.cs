using System.CommandLine;
using Concord.Cli.Demonstration;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary>
/// The demonstration's second process: maps a file and carries out commands, line by line. Not shown in the help.
/// </summary>
internal static class MapCommand
{
    internal const string Name = "map-for-demonstration";

    internal static Command Create(Output output)
    {
        var file = new Argument<string>("FILE") { Arity = ArgumentArity.ExactlyOne };
        var command = new Command(Name, "Map a file and answer lines.") { file };
        command.Hidden = true;
        command.SetAction(parse => MappingProcess.Serve(parse.GetValue(file)!, output));
        return command;
    }
}
