using System.CommandLine;
using Concord.Cli.Actions;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Commands;

/// <summary><c>concord purge</c>: the coherent flush and purge.</summary>
internal static class PurgeCommand
{
    internal const string Name = "purge";

    internal static Command Create(Output output)
    {
        Argument<string[]> files = Parts.Files();
        Option<string> range = Parts.Range();
        Option<string> noTrim = Parts.Flag(
            "--no-trim", "Leave the pages in the processes that map them; they are reported as left.");
        Option<string> ownBarrier = Parts.OwnBarrier();
        Option<string> follow = Parts.Follow();
        Option<string> json = Parts.Json();
        var command = new Command(
            Name, "Write files back, make them durable, and drop them from the cache; name what stays.")
        {
            files, range, noTrim, ownBarrier, follow, json,
        };
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            FlushAction action = FlushAction.Purge(
                RangeOf(parse.GetValue(range)), trim: !parse.Has(noTrim), isConfined: parse.Has(ownBarrier));
            return new ActionRunner(run, action, parse.GetValue(files)!, parse.Has(follow)).Execute();
        });
        return command;
    }

    internal static int Execute(Run run, string[] paths) =>
        new ActionRunner(
            run, FlushAction.Purge(range: null, trim: true, isConfined: false), paths, follow: false).Execute();

    /// <summary>The range; its text was checked while the line was parsed.</summary>
    private static ByteRange? RangeOf(string? text) =>
        text is not null && RangeText.TryParse(text, out ByteRange range, out _) ? range : null;
}
