using System.Diagnostics;
using Concord.Cli.Files;
using Concord.Cli.Rendering;
using Concord.Cli.Running;

namespace Concord.Cli.Actions;

/// <summary>Applies one action to every file of the arguments, and reports.</summary>
internal sealed class ActionRunner(Run run, FileAction action, IReadOnlyList<string> paths, bool follow)
{
    private readonly ActionTotals _totals = new();
    private readonly Tally _tally = new();
    private ActionJson? _json;

    internal int Execute()
    {
        if (!Support.Check(run)) return ExitCode.Error;
        run.Interruption.Listen();
        if (run.IsJson) _json = new ActionJson(run, action);
        long start = Stopwatch.GetTimestamp();
        ProgressView.Watch(run, _tally, $"{action.Name}", TreatAll);
        _totals.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        int exitCode = run.Exit(_totals.IsComplete);
        if (_json is null) ActionText.Write(run, action, _totals);
        else _json.Finish(_totals, exitCode);
        return exitCode;
    }

    private void TreatAll()
    {
        var walk = new FileWalk(paths, follow, run.Failures);
        foreach (WalkedFile file in walk.Files())
        {
            if (run.Interruption.IsRequested) break;
            if (paths.Count == 1 && !walk.HasDirectory) _tally.Expect(file.Node.Length);
            Treat(walk, file);
        }

        _totals.VanishedFiles = walk.Vanished;
    }

    private void Treat(FileWalk walk, WalkedFile file)
    {
        try
        {
            FileOutcome outcome = action.Apply(file.Path, _tally, run.Interruption.Token);
            _totals.Add(outcome);
            _tally.CountFile();
            _json?.Add(outcome);
        }
        catch (OperationCanceledException) when (run.Interruption.IsRequested)
        {
            // The caller handles the request; the interrupted file is named, and not counted as done.
            _totals.AddInterrupted(file.Path);
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            if (!walk.Forgive(file, exception)) run.Failures.Add(file.Path, exception);
        }
    }
}
