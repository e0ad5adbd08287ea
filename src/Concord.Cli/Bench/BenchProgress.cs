using System.Diagnostics;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Spectre.Console;

namespace Concord.Cli.Bench;

/// <summary>The progress of a measurement; this one shows nothing.</summary>
internal class BenchProgress
{
    internal static readonly BenchProgress Silent = new();

    /// <summary>Called when a comparison begins, with its number of slices.</summary>
    internal virtual void Begin(string title, int slices)
    {
    }

    /// <summary>Called when a slice is done.</summary>
    internal virtual void Advance()
    {
    }

    /// <summary>Runs a measurement, with a progress bar on a terminal.</summary>
    internal static T Watch<T>(Run run, Func<BenchProgress, T> measure)
    {
        if (!run.Output.IsTerminal || run.IsJson) return measure(Silent);
        T? result = default;
        Screen.Open(run.Output).Progress()
            .AutoClear(true)
            .AutoRefresh(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .Start(context => result = measure(new Bar(context)));
        return result!;
    }

    /// <summary>A progress bar, drawn between slices: a thread that draws it would disturb them.</summary>
    private sealed class Bar(ProgressContext context) : BenchProgress
    {
        private static readonly TimeSpan DrawInterval = TimeSpan.FromMilliseconds(200);

        private ProgressTask? _task;
        private long _drawn;

        internal override void Begin(string title, int slices)
        {
            Finish();
            _task = context.AddTask(Markup.Escape(title), maxValue: slices);
            Draw();
        }

        internal override void Advance()
        {
            _task?.Increment(1);
            if (Stopwatch.GetElapsedTime(_drawn) >= DrawInterval) Draw();
        }

        /// <summary>Completes the bar: a comparison whose time was over has fewer slices than announced.</summary>
        private void Finish()
        {
            if (_task is null) return;
            _task.Value = _task.MaxValue;
            _task.StopTask();
        }

        private void Draw()
        {
            context.Refresh();
            _drawn = Stopwatch.GetTimestamp();
        }
    }
}
