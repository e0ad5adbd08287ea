using System.Diagnostics;
using Concord.Cli.Actions;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Spectre.Console;

namespace Concord.Cli.Rendering;

/// <summary>Shows the progress of a command on a terminal, if it takes long.</summary>
internal static class ProgressView
{
    /// <summary>A command that is done within this time shows no progress.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan RedrawInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs the work, with a progress bar if it takes long, and returns when it is done.</summary>
    internal static void Watch(Run run, Tally tally, string name, Action work)
    {
        if (!run.Output.IsTerminal || run.IsJson || run.IsQuiet)
        {
            work();
            return;
        }

        long start = Stopwatch.GetTimestamp();
        using IDisposable held = run.Failures.Hold();
        Task task = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        if (!Wait(task, Patience)) Draw(run, tally, name, task, start);
        task.GetAwaiter().GetResult();
    }

    private static void Draw(Run run, Tally tally, string name, Task task, long start)
    {
        IAnsiConsole console = Screen.Open(run.Output);
        console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new SpinnerColumn())
            .Start(context =>
            {
                ProgressTask bar = context.AddTask(name);
                do
                {
                    long bytes = tally.Bytes;
                    long rate = (long)(bytes / Stopwatch.GetElapsedTime(start).TotalSeconds);
                    bar.Description = Markup.Escape(
                        $"{name}: {CountText.Of(tally.Files, "file")}, {SizeText.Format(bytes)}, "
                        + $"{SizeText.Format(rate)}/s");
                    bar.IsIndeterminate = tally.BytesExpected is null;
                    bar.MaxValue = tally.BytesExpected ?? 1;
                    bar.Value = tally.BytesExpected is null ? 0 : tally.Bytes;
                }
                while (!Wait(task, RedrawInterval));
            });
    }

    /// <summary>Whether the task ended within the time, with or without an error.</summary>
    private static bool Wait(Task task, TimeSpan time) => Task.WaitAny([task], time) == 0;
}
