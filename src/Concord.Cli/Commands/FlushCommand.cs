using System.CommandLine;
using Concord.Cli.Actions;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord flush</c>: writes files back, makes them durable, and keeps them in the cache.</summary>
internal static class FlushCommand
{
    internal const string Name = "flush";

    internal static Command Create(Output output)
    {
        Argument<string[]> files = Parts.Files();
        Option<string> ownBarrier = Parts.OwnBarrier();
        Option<string> follow = Parts.Follow();
        Option<string> json = Parts.Json();
        var command = new Command(Name, "Write files back and make them durable; keep them in the cache.")
        {
            files, ownBarrier, follow, json,
        };
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            return Execute(run, parse.GetValue(files)!, parse.Has(follow), parse.Has(ownBarrier));
        });
        return command;
    }

    internal static int Execute(Run run, string[] paths) => Execute(run, paths, follow: false, isConfined: false);

    private static int Execute(Run run, string[] paths, bool follow, bool isConfined) =>
        new ActionRunner(run, FlushAction.Flush(isConfined), paths, follow).Execute();
}
