using System.CommandLine;
using System.Globalization;
using Concord.Cli.Files;
using Concord.Cli.Running;
using Concord.Cli.Watching;

namespace Concord.Cli.Commands;

/// <summary><c>concord watch</c>: what of files is in the cache, again and again, and how fast it changes.</summary>
internal static class WatchCommand
{
    internal const string Name = "watch";

    private const double SecondsMin = 0.1, SecondsMax = 3600;

    internal static Command Create(Output output)
    {
        var selection = new SelectionOptions();
        Option<string> range = Parts.Range();
        Option<string> interval = Parts.Value(
            "--interval", "SECONDS", "Look so often; without, every second.",
            static text => TryInterval(text, out _)
                ? null
                : $"is a number of seconds from {SecondsMin} to {SecondsMax}, not '{text}'");
        Option<string> count = Parts.Number("--count", "COUNT", "End after so many looks.", min: 1, int.MaxValue);
        Option<string> json = Parts.Flag("--json", "Write one JSON document a line, for each look.");
        var command = new Command(
            Name, "Show what of files is in the system's cache, again and again, and how fast that changes.")
        {
            range, interval, count, json,
        };
        selection.AddTo(command);
        command.SetAction(parse =>
        {
            using var run = new Run(output, parse.Has(json));
            bool isAsked = TryInterval(parse.GetValue(interval), out TimeSpan asked);
            TimeSpan every = isAsked ? asked : TimeSpan.FromSeconds(1);
            return Execute(run, selection.Read(parse), parse.GetRange(range), every, parse.GetNumber(count));
        });
        return command;
    }

    private static int Execute(Run run, FileSelection selection, ByteRange? range, TimeSpan interval, int? looks)
    {
        if (!Support.Check(run)) return ExitCode.Error;
        run.Interruption.Listen();
        var watcher = new Watcher(run, selection.WithListRead(), range, TimeProvider.System);
        if (run.Output.IsTerminal && !run.IsJson)
        {
            var screen = new WatchScreen(run, watcher);
            if (screen.CanDraw) return ExitOf(run, screen.Run(interval, looks));
        }

        var lines = new WatchLines(run);
        Look look = watcher.Take(order: null);
        lines.Write(look);
        for (int taken = 1; taken != looks; taken++)
        {
            if (run.Interruption.Token.WaitHandle.WaitOne(interval)) break;
            look = watcher.Take(order: null);
            lines.Write(look);
        }

        return ExitOf(run, look);
    }

    /// <summary>To be stopped is how this ends, so that it has no code of its own.</summary>
    private static int ExitOf(Run run, Look last)
    {
        if (run.Failures.Count > 0) return ExitCode.Error;
        return last.Totals.IsComplete ? ExitCode.Done : ExitCode.Incomplete;
    }

    private static bool TryInterval(string? text, out TimeSpan interval)
    {
        bool isNumber = double.TryParse(
            text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds);
        bool isGood = isNumber && seconds is >= SecondsMin and <= SecondsMax;
        interval = isGood ? TimeSpan.FromSeconds(seconds) : default;
        return isGood;
    }
}
