using System.CommandLine;
using Concord.Cli.Manual;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord manual</c>: the manual page.</summary>
internal static class ManualCommand
{
    internal const string Name = "manual";

    internal static Command Create(Output output)
    {
        var command = new Command(Name, "Write the manual page: concord manual | man -l -");
        command.SetAction(_ =>
        {
            output.Text.Write(ManualPage.Write(Definition.Read(output), CommandLine.Version()));
            return ExitCode.Done;
        });
        return command;
    }
}
