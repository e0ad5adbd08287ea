using System.CommandLine;
using Concord.Cli.Actions;
using Concord.Cli.Files;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord flush</c>: writes files back, makes them durable, and keeps them in the cache.</summary>
internal static class FlushCommand
{
    internal const string Name = "flush";

    internal static Command Create(Output output)
    {
        var selection = new SelectionOptions();
        Option<string> range = Parts.Range(), ownBarrier = Parts.OwnBarrier();
        Option<string> quiet = Parts.Quiet(), json = Parts.Json();
        var command = new Command(Name, "Write files back and make them durable; keep them in the cache.")
        {
            range, ownBarrier, quiet, json,
        };
        selection.AddTo(command);
        command.RefuseBoth(quiet, json);
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json), parse.Has(quiet));
            FlushAction action = FlushAction.Flush(parse.GetRange(range), isConfined: parse.Has(ownBarrier));
            return new ActionRunner(run, action, selection.Read(parse)).Execute();
        });
        return command;
    }

    internal static int Execute(Run run, string[] paths) =>
        new ActionRunner(run, FlushAction.Flush(range: null, isConfined: false), new FileSelection(paths)).Execute();
}
