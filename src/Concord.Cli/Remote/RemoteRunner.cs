using System.Diagnostics;
using Concord.Cli.Actions;
using Concord.Cli.Json;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Remote;

/// <summary>Applies a command to files behind addresses, and reports.</summary>
internal sealed class RemoteRunner(Run run, RemoteAction action, IReadOnlyList<string> addresses)
{
    private readonly List<RemoteOutcome> _outcomes = [];
    private readonly Tally _tally = new();

    /// <summary>Runs the command.</summary>
    /// <exception cref="IOException">The tier cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The rights do not allow it.</exception>
    /// <exception cref="ArgumentException">No tier is named.</exception>
    internal int Execute()
    {
        using DiskTier tier = action.Terms.OpenTier() ?? throw new ArgumentException(
            $"what of an address is kept, a tier on disk keeps: 'concord {action.Command} --tier DIR ADDRESS'");
        run.Interruption.Listen();
        long start = Stopwatch.GetTimestamp();
        ProgressView.Watch(run, _tally, action.Command, () => TreatAll(tier));
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        bool isComplete = action.Command != "load" || _outcomes.TrueForAll(static one => one.BytesInTier == one.Asked);
        int exitCode = run.Exit(isComplete);
        var totals = new RemoteTotals(
            _outcomes.Count, _outcomes.Sum(static one => one.Size ?? 0),
            _outcomes.Sum(static one => one.BytesInTier), seconds)
        {
            BytesLoaded = action.Command == "load" ? _outcomes.Sum(static one => one.BytesLoaded) : null,
            BytesDropped = action.Command == "purge" ? _outcomes.Sum(static one => one.BytesDropped) : null,
        };
        if (run.IsJson) WriteJson(totals, exitCode);
        else if (!run.IsQuiet) WriteText(totals, isComplete);
        return exitCode;
    }

    private void TreatAll(DiskTier tier)
    {
        foreach (string address in addresses)
        {
            if (run.Interruption.IsRequested) return;
            try
            {
                _outcomes.Add(action.Apply(address, tier, _tally, run.Interruption.Token));
                _tally.CountFile();
            }
            catch (OperationCanceledException) when (run.Interruption.IsRequested)
            {
                // What was done up to here is told at the end.
            }
            catch (Exception error) when (Failures.IsExpected(error))
            {
                run.Failures.Add(Addresses.Show(address), WithoutName(error.Message, Addresses.Show(address)));
            }
        }
    }

    /// <summary>Messages of stores begin with the name that the line begins with.</summary>
    private static string WithoutName(string message, string name) =>
        message.StartsWith($"{name}: ", StringComparison.Ordinal) ? message[(name.Length + 2)..] : message;

    private void WriteJson(RemoteTotals totals, int exitCode)
    {
        var report = new JsonReport(run.Output, action.Command);
        foreach (RemoteOutcome outcome in _outcomes) report.AddFile(outcome, JsonShapes.Default.RemoteOutcome);
        report.Finish(run.Output, totals, JsonShapes.Default.RemoteTotals, run, exitCode);
    }

    private void WriteText(RemoteTotals totals, bool isComplete)
    {
        TextWriter writer = run.Output.Text;
        string files = CountText.Of(totals.Files, "file"), time = CountText.Seconds(totals.Seconds);
        if (action.Command == "status")
        {
            var table = new PlainTable("PATH", ">SIZE", ">IN TIER", ">SHARE", "VERSION");
            foreach (RemoteOutcome one in _outcomes)
            {
                string share = ShareText.Format(one.BytesInTier, one.Asked);
                table.Add(PathText.Show(one.Path), SizeText.Format(one.Size ?? 0), SizeText.Format(one.BytesInTier),
                    share, PathText.Show(one.Version ?? ""));
            }

            table.Write(writer);
        }
        else if (totals.Files == 0)
        {
            writer.WriteLine($"no file was {action.Command}{(action.Command == "load" ? "ed" : "d")}");
        }
        else if (action.Command == "load")
        {
            string rate = totals is { BytesLoaded: > 0, Seconds: > 0 }
                ? $" at {SizeText.Format((long)(totals.BytesLoaded / totals.Seconds))}/s"
                : "";
            string there = isComplete
                ? "all of it in the tier now"
                : $"{SizeText.Format(totals.BytesInTier)} in the tier now, which has no room for more";
            writer.WriteLine($"loaded {files}, {SizeText.Format(_outcomes.Sum(static one => one.Asked))}, in {time}: "
                + $"{SizeText.Format(totals.BytesLoaded ?? 0)} brought in{rate}, {there}");
        }
        else
        {
            writer.WriteLine($"purged {files} from the tier, in {time}: {SizeText.Format(totals.BytesDropped ?? 0)} "
                + "dropped, none left");
        }

        if (run.Interruption.IsRequested) writer.WriteLine("stopped: that is what was done up to here");
    }
}
