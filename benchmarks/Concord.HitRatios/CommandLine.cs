using System.CommandLine;
using System.Text.Json;
using Concord.HitRatios.Reporting;
using Concord.HitRatios.Traces;
using Spectre.Console;

namespace Concord.HitRatios;

/// <summary>Reads the command line, replays, and reports.</summary>
internal static class CommandLine
{
    private const int ExitBadInput = 2;

    internal static int Run(string[] args)
    {
        var folder = new Option<DirectoryInfo>("--traces") { Description = "Also replay the traces of this folder." };
        folder.AcceptExistingOnly();
        var filter = new Option<string?>("--only") { Description = "Only traces whose name contains this." };
        var chart = new Option<FileInfo?>("--chart") { Description = "Draw the curves into this SVG file." };
        var json = new Option<bool>("--json") { Description = "Print the rows as JSON." };
        var command = new RootCommand("Replays traces through replacement policies and says how often each misses.")
        {
            folder, filter, chart, json,
        };
        command.SetAction(parsed =>
        {
            try
            {
                var given = parsed.GetValue(folder) is { } from ? TraceFolder.Read(from.FullName) : [];
                string part = parsed.GetValue(filter) ?? "";
                var traces = GeneratedTraces.All().Concat(given)
                    .Where(trace => trace.Name.Contains(part, StringComparison.OrdinalIgnoreCase));
                Replay(traces, parsed.GetValue(json), parsed.GetValue(chart));
                return 0;
            }
            catch (Exception error) when (error is IOException or InvalidDataException)
            {
                Console.Error.WriteLine(error.Message);
                return ExitBadInput;
            }
        });
        return command.Parse(args).Invoke();
    }

    private static void Replay(IEnumerable<Trace> traces, bool isJson, FileInfo? chart)
    {
        PolicyKind[] policies = [.. PolicyKind.Rivals, PolicyKind.Own];
        var rows = new List<ReplayRow>();
        var table = new RatioTable(policies);
        var errors = new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) };
        var progress = AnsiConsole.Create(errors).Status();
        progress.Start("replaying", status =>
        {
            foreach (var trace in traces)
            {
                status.Status($"replaying {trace.Name}, {trace.Pages.Length:N0} requests");
                rows.AddRange(HitRatios.Replay.Run(trace, policies));
            }
        });
        if (isJson) Console.WriteLine(JsonSerializer.Serialize(rows));
        else table.Write(rows);
        if (chart is not null) File.WriteAllText(chart.FullName, RatioChart.Render(policies, rows));
    }
}
