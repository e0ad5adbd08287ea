using System.CommandLine;
using Concord.Cli.Actions;
using Concord.Cli.Running;

namespace Concord.Cli.Commands;

/// <summary><c>concord load</c>: loads files into the system's cache.</summary>
internal static class LoadCommand
{
    internal const string Name = "load";

    internal static Command Create(Output output)
    {
        Argument<string[]> files = Parts.Files();
        Option<string> follow = Parts.Follow();
        Option<string> json = Parts.Json();
        var command = new Command(Name, "Bring files into the system's cache.") { files, follow, json };
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            return Execute(run, parse.GetValue(files)!, parse.Has(follow));
        });
        return command;
    }

    internal static int Execute(Run run, string[] paths) => Execute(run, paths, follow: false);

    private static int Execute(Run run, string[] paths, bool follow) =>
        new ActionRunner(run, new LoadAction(), paths, follow).Execute();
}
