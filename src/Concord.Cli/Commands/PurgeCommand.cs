using System.CommandLine;
using Concord.Cli.Actions;
using Concord.Cli.Files;
using Concord.Cli.Remote;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord purge</c>: the coherent flush and purge.</summary>
internal static class PurgeCommand
{
    internal const string Name = "purge";

    internal static Command Create(Output output)
    {
        var selection = new SelectionOptions();
        Option<string> range = Parts.Range();
        Option<string> noTrim = Parts.Flag(
            "--no-trim", "Leave the pages in the processes that map them; they are reported as left.");
        Option<string> ownBarrier = Parts.OwnBarrier();
        Option<string> quiet = Parts.Quiet(), json = Parts.Json();
        var command = new Command(
            Name, "Write files back, make them durable, and drop them from the cache; name what stays.")
        {
            range, noTrim, ownBarrier, quiet, json,
        };
        selection.AddTo(command);
        command.RefuseBoth(quiet, json);
        var remote = new RemoteOptions();
        remote.AddTo(command);
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json), parse.Has(quiet));
            FileSelection selected = selection.Read(parse);
            if (Addresses.AreAmong(selected.Paths))
                return new RemoteRunner(run, new RemoteAction(Name, remote.Read(parse)), selected.Paths).Execute();
            FlushAction action = FlushAction.Purge(
                parse.GetRange(range), trim: !parse.Has(noTrim), isConfined: parse.Has(ownBarrier));
            return new ActionRunner(run, action, selected).Execute();
        });
        return command;
    }

    internal static int Execute(Run run, string[] paths) => Addresses.AreAmong(paths)
        ? new RemoteRunner(run, new RemoteAction(Name, new RemoteTerms()), paths).Execute()
        : new ActionRunner(
            run, FlushAction.Purge(range: null, trim: true, isConfined: false), new FileSelection(paths)).Execute();
}
