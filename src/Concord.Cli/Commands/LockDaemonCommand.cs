using System.CommandLine;
using Concord.Cli.Locking;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary>The process behind <c>concord lock --daemon</c>. Not shown in the help.</summary>
internal static class LockDaemonCommand
{
    internal const string Name = "hold-locks";

    internal static Command Create(Output output)
    {
        var command = new Command(Name, "Keep the files of standard input in memory.") { Hidden = true };
        command.SetAction(_ => LockDaemon.Serve(output));
        return command;
    }
}
