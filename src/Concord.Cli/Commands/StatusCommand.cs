using System.CommandLine;
using Concord.Cli.Files;
using Concord.Cli.Running;
using Concord.Cli.Status;

namespace Concord.Cli.Commands;

/// <summary><c>concord status</c>: how much of files is in the system's cache.</summary>
internal static class StatusCommand
{
    internal const string Name = "status";

    internal static Command Create(Output output)
    {
        Argument<string[]> files = Parts.Files();
        Option<string> pages = Parts.Flag("--pages", "Also show which pages, as runs: 0-15, 32.");
        Option<string> all = Parts.Flag("--all", "Show every file, as it is come to, however many there are.");
        Option<string> follow = Parts.Follow();
        Option<string> json = Parts.Json();
        var command = new Command(Name, "Show what of files is in the system's cache.")
        {
            files,
            pages,
            all,
            follow,
            json,
        };
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            return Execute(run, parse.GetValue(files)!, parse.Has(pages), parse.Has(all), parse.Has(follow));
        });
        return command;
    }

    internal static int Execute(Run run, string[] paths) =>
        Execute(run, paths, withPages: false, all: false, follow: false);

    private static int Execute(Run run, string[] paths, bool withPages, bool all, bool follow)
    {
        if (!Support.Check(run)) return ExitCode.Error;
        var walk = new FileWalk(paths, follow, run.Failures);
        var report = new StatusReport(paths, walk, withPages);
        StatusSink sink = Sink(run, withPages, all);
        foreach (WalkedFile walked in walk.Files())
        {
            // One file takes no time, so no signal handler is installed for it.
            if (walk.HasDirectory) run.Interruption.Listen();
            if (run.Interruption.IsRequested) break;
            if (Read(run, walk, walked, withPages) is not { } file) continue;
            report.Count(walked, file);
            sink.Add(file);
        }

        report.Finish(run.Interruption.IsRequested);
        int exitCode = run.Exit(report.Totals.IsComplete);
        sink.Finish(run, report, exitCode);
        return exitCode;
    }

    /// <summary>The sink of the figures; code of one form of output is loaded only for that form.</summary>
    private static StatusSink Sink(Run run, bool withPages, bool all)
    {
        if (run.IsJson) return new StatusJson(run.Output);
        if (all) return new StatusStream(run.Output, withPages);
        return run.Output.IsTerminal ? new StatusTable() : new StatusText();
    }

    private static FileStatus? Read(Run run, FileWalk walk, WalkedFile walked, bool withPages)
    {
        try
        {
            return FileStatus.Read(walked.Path, withPages ? ResidencyDetail.Pages : ResidencyDetail.Counts, withPages);
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            if (!walk.Forgive(walked, exception)) run.Failures.Add(walked.Path, exception);
            return null;
        }
    }
}
