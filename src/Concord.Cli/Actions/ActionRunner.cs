using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Concord.Cli.Files;
using Concord.Cli.Rendering;
using Concord.Cli.Running;

namespace Concord.Cli.Actions;

/// <summary>Applies one action to every file of the arguments, and reports.</summary>
internal sealed class ActionRunner(Run run, FileAction action, FileSelection selection)
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
        if (_json is not null) _json.Finish(_totals, exitCode);
        else if (!run.IsQuiet) ActionText.Write(run, action, _totals);
        return exitCode;
    }

    private void TreatAll()
    {
        var walk = new FileWalk(selection, run.Failures);
        int filesMax = action.FilesMax;
        List<WalkedFile> batch = [];
        foreach (WalkedFile file in walk.Files())
        {
            if (run.Interruption.IsRequested) break;
            bool isAlone = selection is { Paths.Count: 1, HasFurtherPaths: false } && !walk.HasDirectory;
            if (isAlone) _tally.Expect(file.Node.Length);
            batch.Add(file);
            if (batch.Count < filesMax) continue;
            Treat(walk, batch);
            batch.Clear();
        }

        if (!run.Interruption.IsRequested) Treat(walk, batch);
        _totals.VanishedFiles = walk.Vanished;
        _totals.LeftOut = walk.LeftOut;
    }

    private void Treat(FileWalk walk, List<WalkedFile> batch)
    {
        foreach (var (file, outcome, error) in action.Apply(batch, _tally, run.Interruption.Token))
        {
            if (outcome is not null)
            {
                _totals.Add(outcome);
                _tally.CountFile();
                _json?.Add(outcome);
            }
            else if (error is OperationCanceledException && run.Interruption.IsRequested)
            {
                // The caller handles the request; the interrupted file is named, and not counted as done.
                _totals.AddInterrupted(file.Path);
                break;
            }
            else if (!Failures.IsExpected(error!))
            {
                ExceptionDispatchInfo.Throw(error!);
            }
            else if (!walk.Forgive(file, error!))
            {
                run.Failures.Add(file.Path, error!);
            }
        }
    }
}
