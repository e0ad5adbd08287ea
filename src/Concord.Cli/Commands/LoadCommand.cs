using System.CommandLine;
using Concord.Cli.Actions;
using Concord.Cli.Files;
using Concord.Cli.Remote;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord load</c>: loads files into the system's cache.</summary>
internal static class LoadCommand
{
    internal const string Name = "load";

    /// <summary>Enough for a disk that answers several reads at once, and few for one that seeks.</summary>
    private const int FilesAtATime = 4;

    private const int FilesAtATimeMax = 256;

    internal static Command Create(Output output)
    {
        var selection = new SelectionOptions();
        Option<string> range = Parts.Range();
        Option<string> jobs = Parts.Number(
            "--jobs", "COUNT", $"Read so many files side by side; without, {FilesAtATime}.", min: 1, FilesAtATimeMax);
        Option<string> rate = Parts.Size("--rate", "Read at most so many bytes a second, of all files together.");
        Option<string> quiet = Parts.Quiet(), json = Parts.Json();
        var command = new Command(
            Name, "Bring files into the system's cache; with --files-from, also what a snapshot has.")
        {
            range, jobs, rate, quiet, json,
        };
        selection.AddTo(command);
        command.RefuseBoth(quiet, json);
        var remote = new RemoteOptions();
        remote.AddTo(command);
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json), parse.Has(quiet));
            Pace? pace = parse.GetSize(rate) is { } bytes ? new Pace(bytes, TimeProvider.System) : null;
            FileSelection selected = selection.Read(parse);
            if (Addresses.AreAmong(selected.Paths))
            {
                var distant = new RemoteAction(Name, remote.Read(parse), parse.GetRange(range), pace);
                return new RemoteRunner(run, distant, selected.Paths).Execute();
            }

            var action = new LoadAction(parse.GetRange(range), parse.GetNumber(jobs) ?? FilesAtATime, pace);
            return new ActionRunner(run, action, selected).Execute();
        });
        return command;
    }

    internal static int Execute(Run run, string[] paths) => Addresses.AreAmong(paths)
        ? new RemoteRunner(run, new RemoteAction(Name, new RemoteTerms()), paths).Execute()
        : new ActionRunner(run, new LoadAction(range: null, FilesAtATime), new FileSelection(paths)).Execute();
}
