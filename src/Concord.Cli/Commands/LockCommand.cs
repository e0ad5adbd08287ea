using System.CommandLine;
using Concord.Cli.Files;
using Concord.Cli.Locking;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord lock</c>: keeps files in memory as long as it runs.</summary>
internal static class LockCommand
{
    internal const string Name = "lock";

    internal static Command Create(Output output)
    {
        var selection = new SelectionOptions();
        Option<string> range = Parts.Range();
        Option<string> daemon = Parts.Flag("--daemon", "Go into the background once everything is locked.", "-d");
        Option<string> pidFile = Parts.Value(
            PidFile.Option, "FILE", "Write the number of the process that keeps the locks; it goes away with them.");
        Option<string> quiet = Parts.Quiet(), json = Parts.Json();
        var command = new Command(
            Name, "Load files and keep them in memory until Ctrl-C or SIGTERM: all of them, or none.")
        {
            range, daemon, pidFile, quiet, json,
        };
        selection.AddTo(command);
        command.RefuseBoth(quiet, json);
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json), parse.Has(quiet));
            string? pid = parse.GetValue(pidFile);
            FileSelection files = selection.Read(parse);
            if (pid is not null) NamedInputs.Refuse(PidFile.Option, pid, NamedInputs.Of(files));
            return parse.Has(daemon)
                ? LockDaemon.Start(run, files, parse.GetRange(range), pid)
                : LockHolder.Hold(run, files, parse.GetRange(range), pid, detach: null);
        });
        return command;
    }
}
