using System.Globalization;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Spectre.Console;

namespace Concord.Cli.Bench;

/// <summary>The figures of a measurement for people: a table, and bars on a terminal.</summary>
internal static class BenchText
{
    private const int BarCells = 40;

    internal static void Write(Output output, BenchDocument document)
    {
        foreach (string line in Head(document)) output.Text.WriteLine(line);
        output.Text.WriteLine();
        var table = new PlainTable("workload", "rival", ">median", ">p10", ">p90", ">Concord's speed", ">p10", ">p90", "verdict");
        foreach (BenchComparison comparison in document.Comparisons)
        {
            foreach (BenchRival rival in comparison.Rivals)
            {
                table.Add(
                    rival == comparison.Rivals[0] ? comparison.Title : "", rival.Name,
                    Time(rival.Nanoseconds.Median), Time(rival.Nanoseconds.P10), Time(rival.Nanoseconds.P90),
                    Times(rival.ConcordSpeed?.Median), Times(rival.ConcordSpeed?.P10), Times(rival.ConcordSpeed?.P90), rival.Verdict ?? "");
            }
        }

        table.Write(output.Text);
        if (!output.IsTerminal) return;
        output.Text.WriteLine();
        output.Flush();
        WriteBars(output, document.Comparisons);
    }

    /// <summary>One bar for each rival: how many times as fast Concord was.</summary>
    internal static void WriteBars(Output output, IReadOnlyList<BenchComparison> comparisons)
    {
        IAnsiConsole console = Screen.Open(output);
        double longest = comparisons.SelectMany(static comparison => comparison.Rivals).Max(static rival => rival.ConcordSpeed?.Median ?? 1);
        foreach (BenchComparison comparison in comparisons)
        {
            foreach (BenchRival rival in comparison.Rivals)
            {
                if (rival.ConcordSpeed is not { } speed) continue;
                (string filled, string rest) = Bars.Bar(speed.Median, longest, BarCells, output.IsUtf8);
                console.MarkupLineInterpolated($"  {comparison.Title} [grey]against {rival.Name}[/]");
                console.MarkupLine($"  [{Color(rival.Verdict)}]{filled}[/][grey]{rest}[/] [bold]{Times(speed.Median)}[/] [grey]{rival.Verdict}[/]");
            }
        }

        console.WriteLine();
        output.Flush();
    }

    internal static string Times(double? ratio) =>
        ratio is { } known ? known.ToString(known >= 100 ? "F0" : "F2", CultureInfo.InvariantCulture) + " x" : "";

    private static IEnumerable<string> Head(BenchDocument document)
    {
        yield return string.Join(", ", document.Machine.Select(static fact => fact.Value));
        string read = document.File is { } file ? $"{PathText.Show(file)}, which is only read" : "a temporary file";
        yield return $"Reads: {SizeText.Format(document.ReadBytes)} of {read}.";
        yield return document.WritesNotMeasured is { } reason
            ? $"Writes: not measured: {PathText.Show(reason)}"
            : $"Writes: two temporary files of {SizeText.Format(document.WriteBytes)} in {PathText.Show(document.WriteDirectory)}, deleted now.";
        yield return $"{document.Rounds} rounds in turns; a ratio is of one round, and its median is shown. More than 1 x: Concord is faster.";
        yield return $"Inconclusive: most rounds were disturbed by {document.DisturbancesWatched}.";
    }

    private static string Time(double nanoseconds) => CountText.Seconds(nanoseconds / 1e9);

    private static string Color(string? verdict) => verdict switch { "faster" => "green", "slower" => "yellow", _ => "grey" };
}
