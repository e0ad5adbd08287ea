using System.Diagnostics;
using Concord.Cli.Files;
using Concord.Cli.Json;
using Concord.Cli.Rendering;
using Concord.Cli.Running;

namespace Concord.Cli.Actions;

/// <summary>Does one action to every file of the arguments, and reports.</summary>
internal sealed class ActionRunner(Run run, FileAction action, IReadOnlyList<string> paths, bool follow)
{
    private readonly ActionTotals _totals = new();
    private readonly Tally _tally = new();
    private JsonReport? _json;

    internal int Execute()
    {
        if (!Support.Check(run)) return ExitCode.Error;
        run.Interruption.Listen();
        if (run.IsJson) _json = new JsonReport(run.Output, action.Name);
        long start = Stopwatch.GetTimestamp();
        ProgressView.Watch(run, _tally, $"{action.Name}", TreatAll);
        _totals.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int exitCode = run.Exit(_totals.IsComplete);
        Report(exitCode);
        return exitCode;
    }

    private void TreatAll()
    {
        var walk = new FileWalk(paths, follow, run.Failures);
        foreach (WalkedFile file in walk.Files())
        {
            if (run.Interruption.IsRequested) return;
            if (paths.Count == 1 && !walk.HasDirectory) _tally.Expect(file.Node.Length);
            Treat(file);
        }
    }

    private void Treat(WalkedFile file)
    {
        try
        {
            FileOutcome outcome = action.Apply(file.Path, _tally, run.Interruption.Token);
            _totals.Add(outcome);
            _tally.CountFile();
            if (_json is null) return;
            if (outcome is LoadOutcome load) _json.AddFile(load, JsonShapes.Default.LoadOutcome);
            if (outcome is FlushOutcome flush) _json.AddFile(flush, JsonShapes.Default.FlushOutcome);
        }
        catch (OperationCanceledException) when (run.Interruption.IsRequested)
        {
            // The caller sees the request; the file that was interrupted is not counted as done.
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            run.Failures.Add(file.Path, exception);
        }
    }

    private void Report(int exitCode)
    {
        if (_json is null)
        {
            ActionText.Write(run, action, _totals);
        }
        else if (action is LoadAction)
        {
            _json.Finish(run.Output, _totals.ToLoadTotals(), JsonShapes.Default.LoadTotals, run, exitCode);
        }
        else
        {
            _json.Finish(run.Output, _totals.ToFlushTotals(), JsonShapes.Default.FlushTotals, run, exitCode);
        }
    }
}
