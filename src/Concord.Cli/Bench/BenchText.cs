using System.Globalization;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Spectre.Console;

namespace Concord.Cli.Bench;

/// <summary>The figures of a measurement for people: a table, and bars on a terminal.</summary>
internal static class BenchText
{
    private const int BarCells = 40, LineCells = 79;

    /// <param name="output">Where it goes.</param>
    /// <param name="document">The figures.</param>
    /// <param name="chart">The file that the chart goes to, or null.</param>
    internal static void Write(Output output, BenchDocument document, string? chart)
    {
        foreach (string line in Head(document)) output.Text.WriteLine(line);
        output.Text.WriteLine();
        var table = new PlainTable("workload", ">time", ">speed", ">p10", ">p90", "verdict");
        foreach (BenchComparison comparison in document.Comparisons)
        {
            table.Add(comparison.Title, "", "", "", "", "");
            foreach (BenchRival rival in comparison.Rivals)
            {
                table.Add(
                    $"  {rival.Name}", Time(rival.Nanoseconds.Median), Times(rival.ConcordSpeed?.Median),
                    Ratio(rival.ConcordSpeed?.P10), Ratio(rival.ConcordSpeed?.P90), rival.Verdict ?? "");
            }
        }

        table.Write(output.Text);
        if (output.IsTerminal)
        {
            output.Text.WriteLine();
            output.Flush();
            WriteBars(output, document.Comparisons);
        }

        output.Text.WriteLine(chart is null
            ? "A chart of it: concord bench --output CHART.SVG"
            : $"The chart is in {PathText.Show(chart)}.");
    }

    /// <summary>One bar for each rival: how many times as fast Concord was.</summary>
    internal static void WriteBars(Output output, IReadOnlyList<BenchComparison> comparisons)
    {
        IAnsiConsole console = Screen.Open(output);
        double longest = comparisons.SelectMany(static comparison => comparison.Rivals)
            .Max(static rival => rival.ConcordSpeed?.Median ?? 1);
        foreach (BenchComparison comparison in comparisons)
        {
            foreach (BenchRival rival in comparison.Rivals)
            {
                if (rival.ConcordSpeed is not { } speed) continue;
                (string filled, string rest) = Bars.Bar(speed.Median, longest, BarCells, output.IsUtf8);
                console.MarkupLineInterpolated($"  {comparison.Title} [grey]against {rival.Name}[/]");
                console.MarkupLine($"  [{Color(rival.Verdict)}]{filled}[/][grey]{rest}[/] "
                    + $"[bold]{Times(speed.Median)}[/] [grey]{rival.Verdict}[/]");
            }
        }

        console.WriteLine();
        output.Flush();
    }

    internal static string Times(double? ratio) => ratio is null ? "" : Ratio(ratio) + " x";

    private static string Ratio(double? ratio) =>
        ratio is { } known ? known.ToString(known >= 100 ? "F0" : "F2", CultureInfo.InvariantCulture) : "";

    private static IEnumerable<string> Head(BenchDocument document)
    {
        foreach (string line in Wrapped(
            document.Machine.Select(static fact => fact.Name == ".NET" ? $".NET {fact.Value}" : fact.Value)))
            yield return line;
        string read = document.File is { } file ? $"{PathText.Show(file)}, which is only read" : "a temporary file";
        yield return $"Reads: {SizeText.Format(document.ReadBytes)} of {read}.";
        yield return document.WritesNotMeasured is { } reason
            ? $"Writes: not measured: {PathText.Show(reason)}"
            : $"Writes: two temporary files of {SizeText.Format(document.WriteBytes)} in "
            + $"{PathText.Show(document.WriteDirectory)}, deleted now.";
        int least = document.Comparisons.Min(static comparison => comparison.Rounds), most = document.Comparisons.Max(
            static comparison => comparison.Rounds);
        yield return $"{(least == most ? $"{most}" : $"{least} to {most}")} rounds in turns. Times are medians; speed "
            + "is how many times as fast";
        yield return "Concord was: the median of the rounds, and their 10th and 90th percentile.";
        yield return "Inconclusive: in most rounds somebody was disturbed, by";
        yield return $"{document.DisturbancesWatched}.";
    }

    /// <summary>A list, in lines that fit an ordinary terminal.</summary>
    private static IEnumerable<string> Wrapped(IEnumerable<string> parts)
    {
        string line = "";
        foreach (string part in parts)
        {
            if (line.Length + part.Length + 2 > LineCells && line.Length > 0)
            {
                yield return line + ",";
                line = "";
            }

            line += line.Length == 0 ? part : $", {part}";
        }

        yield return line;
    }

    private static string Time(double nanoseconds) => CountText.Seconds(nanoseconds / 1e9);

    private static string Color(string? verdict) =>
        verdict switch { "faster" => "green", "slower" => "yellow", _ => "grey" };
}
