using System.CommandLine;
using Concord.Cli.Files;
using Concord.Cli.Remote;
using Concord.Cli.Running;
using Concord.Cli.Status;

namespace Concord.Cli.Commands;

/// <summary><c>concord status</c>: how much of files is in the system's cache.</summary>
internal static class StatusCommand
{
    internal const string Name = "status";

    private const string PictureOption = "--svg";

    internal static Command Create(Output output)
    {
        var selection = new SelectionOptions();
        Option<string> range = Parts.Range();
        Option<string> pages = Parts.Flag("--pages", "Also show which pages, as runs: 0-15, 32.");
        Option<string> all = Parts.Flag("--all", "Show every file, as it is come to, however many there are.");
        Option<string> picture = Parts.Value(
            PictureOption, "MAP.SVG", "Also draw where in the shown files the resident pages lie, into this file.");
        Option<string> force = Parts.Force();
        var layout = new LayoutOptions();
        Option<string> quiet = Parts.Quiet(), json = Parts.Json();
        var command = new Command(Name, "Show what of files is in the system's cache.")
        {
            range, pages, all, picture, force, quiet, json,
        };
        layout.AddTo(command);
        command.RefuseBoth(quiet, json);
        selection.AddTo(command);
        var remote = new RemoteOptions();
        remote.AddTo(command);
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json), parse.Has(quiet));
            FileSelection selected = selection.Read(parse);
            if (Addresses.AreAmong(selected.Paths))
            {
                var action = new RemoteAction(Name, remote.Read(parse), parse.GetRange(range));
                return new RemoteRunner(run, action, selected.Paths).Execute();
            }

            var request = new StatusRequest
            {
                Range = parse.GetRange(range),
                WithPages = parse.Has(pages),
                All = parse.Has(all),
                Picture = parse.GetValue(picture),
                ReplacesOthers = parse.Has(force),
                Layout = layout.Read(parse),
            };
            return Execute(run, selected, request);
        });
        return command;
    }

    internal static int Execute(Run run, string[] paths) => Addresses.AreAmong(paths)
        ? new RemoteRunner(run, new RemoteAction(Name, new RemoteTerms()), paths).Execute()
        : Execute(run, new FileSelection(paths), new StatusRequest());

    private static int Execute(Run run, FileSelection selection, StatusRequest request)
    {
        if (!Support.Check(run)) return ExitCode.Error;
        var walk = new FileWalk(selection, run.Failures);
        var report = new StatusReport(selection, walk, request.WithPages);
        StatusSink sink = Sink(run, request);
        if (request.Layout.Order is { } order && (run.IsJson || request.All)) sink = new SortedStatus(sink, order);
        StatusPicture? picture = Picture(selection, request, sink);
        if (picture is not null) sink = picture;
        foreach (WalkedFile walked in walk.Files())
        {
            // One file takes no time, so no signal handler is installed for it.
            if (walk.HasDirectory || selection.HasFurtherPaths) run.Interruption.Listen();
            if (run.Interruption.IsRequested) break;
            if (Read(run, walk, walked, request) is not { } file) continue;
            report.Count(walked, file);
            sink.Add(file);
        }

        report.Finish(run.Interruption.IsRequested);
        picture?.Draw(run.Failures);
        int exitCode = run.Exit(report.Totals.IsComplete);
        sink.Finish(run, report, exitCode);
        return exitCode;
    }

    /// <summary>A sink that draws beside another one; null where no picture is wanted.</summary>
    private static StatusPicture? Picture(FileSelection selection, StatusRequest request, StatusSink beside)
    {
        if (request.Picture is not { } path) return null;
        IEnumerable<string> inputs = NamedInputs.Of(selection);
        OutputFile file = OutputFile.Plan(PictureOption, path, request.ReplacesOthers, inputs);
        return new StatusPicture(beside, request.Layout, file);
    }

    /// <summary>The sink of the figures; code of one form of output is loaded only for that form.</summary>
    private static StatusSink Sink(Run run, StatusRequest request)
    {
        if (run.IsJson) return new StatusJson(run.Output);
        if (run.IsQuiet) return new NoStatus();
        if (request.All) return new StatusStream(run.Output, request.Layout, request.WithPages);
        return run.Output.IsTerminal ? new StatusTable(request.Layout) : new StatusText(request.Layout);
    }

    private static FileStatus? Read(Run run, FileWalk walk, WalkedFile walked, StatusRequest request)
    {
        try
        {
            ResidencyDetail detail = request.NeedsMaps ? ResidencyDetail.Pages : ResidencyDetail.Counts;
            return FileStatus.Read(walked, request.Range, detail, request.WithPages);
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            if (!walk.Forgive(walked, exception)) run.Failures.Add(walked.Path, exception);
            return null;
        }
    }
}
