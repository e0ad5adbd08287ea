using System.CommandLine;
using Concord.Cli.Files;
using Concord.Cli.Running;
using Concord.Cli.Snapshot;

namespace Concord.Cli.Commands;

/// <summary><c>concord snapshot</c>: lists what is resident now, for <c>concord load --files-from</c>.</summary>
internal static class SnapshotCommand
{
    internal const string Name = "snapshot";

    internal static Command Create(Output output)
    {
        var selection = new SelectionOptions();
        Option<string> json = Parts.Json();
        var command = new Command(
            Name, "List what of files is resident now; 'concord load --files-from LIST' brings it back.")
        {
            json,
        };
        selection.AddTo(command);
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            return Execute(run, selection.Read(parse));
        });
        return command;
    }

    private static int Execute(Run run, FileSelection selection)
    {
        if (!Support.Check(run)) return ExitCode.Error;
        run.Interruption.Listen();
        var walk = new FileWalk(selection, run.Failures);
        var totals = new SnapshotTotals();
        var written = new SnapshotOutput(run);
        foreach (WalkedFile walked in walk.Files())
        {
            if (run.Interruption.IsRequested) break;
            if (Read(run, walk, walked, totals) is not { } file) continue;
            totals.Add(file);
            written.Add(file);
        }

        totals.VanishedFiles = walk.Vanished;
        int exitCode = run.Exit(isComplete: totals.UnknownFiles == 0);
        written.Finish(totals, exitCode);
        return exitCode;
    }

    private static SnapshotFile? Read(Run run, FileWalk walk, WalkedFile walked, SnapshotTotals totals)
    {
        try
        {
            SnapshotFile? file = SnapshotFile.Read(walked, out string? unknown);
            if (unknown is not null) totals.AddUnknown(unknown);
            return file;
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            if (!walk.Forgive(walked, exception)) run.Failures.Add(walked.Path, exception);
            return null;
        }
    }
}
