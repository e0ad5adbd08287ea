using System.ComponentModel;
using System.Diagnostics;
using Concord.Benchmarks.Goals;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Reporting;
using Spectre.Console;

namespace Concord.Benchmarks;

/// <summary>Measures goals one after the other, with a progress bar on a terminal.</summary>
internal static class Runner
{
    /// <summary>
    /// How often the bar is drawn at most. It is drawn between slices: a thread that drew it would disturb them.
    /// </summary>
    private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(200);

    public static RunReport Run(IReadOnlyList<Goal> goals, RunSettings settings, bool showProgress,
        CancellationToken cancellationToken)
    {
        bool isPriorityRaised = RaisePriority();
        IDisturbanceMeter meter = Disturbance.CreateMeter();
        List<GoalResult> results = [];
        if (showProgress && !Console.IsOutputRedirected)
        {
            AnsiConsole.Progress().AutoClear(true).AutoRefresh(false).Start(progress =>
            {
                long drawn = 0;
                foreach (Goal goal in goals)
                    results.Add(RunOne(goal, progress.AddTask(Markup.Escape(goal.Name)), Draw));

                void Draw()
                {
                    if (Stopwatch.GetElapsedTime(drawn) < DrawInterval) return;
                    progress.Refresh();
                    drawn = Stopwatch.GetTimestamp();
                }
            });
        }
        else
        {
            foreach (Goal goal in goals) results.Add(RunOne(goal, bar: null, draw: static () => { }));
        }

        return new RunReport(Machine.Describe(DiskDirectory.FileSystemOf(settings.Directory)), settings.Rounds,
            meter.Watches, isPriorityRaised, results);

        GoalResult RunOne(Goal goal, ProgressTask? bar, Action draw)
        {
            GoalResult result = GoalResult.Run(
                goal,
                settings,
                meter,
                comparison =>
                {
                    if (bar is null) return;
                    bar.Description = Markup.Escape($"{goal.Name}: {comparison.Title}");
                    bar.MaxValue = settings.Rounds * comparison.Rivals.Count;
                    bar.Value = 0;
                    draw();
                },
                () =>
                {
                    bar?.Increment(1);
                    draw();
                },
                cancellationToken);
            bar?.StopTask();
            return result;
        }
    }

    /// <summary>
    /// Asks for processors before others; without the right to, the run goes on and the report says so.
    /// </summary>
    private static bool RaisePriority()
    {
        using Process self = Process.GetCurrentProcess();
        try
        {
            self.PriorityClass = ProcessPriorityClass.High;
            return true;
        }
        catch (Exception refused) when (refused is Win32Exception or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
