using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Spectre.Console;

namespace Concord.Cli.Processor;

/// <summary>The processor's figures on a terminal, with bars.</summary>
internal static class ProcessorScreen
{
    private const int BarCells = 32, HistogramCells = 24;

    internal static void Write(Output output, ProcessorDocument document)
    {
        IAnsiConsole console = Screen.Open(output);
        if (document.UnsupportedReason is { } reason)
        {
            console.MarkupLineInterpolated($"[yellow]processor caches cannot be flushed here:[/] {reason}");
            return;
        }

        var facts = new Grid().AddColumn().AddColumn();
        foreach ((string name, string value) in ProcessorText.Facts(document))
        {
            facts.AddRow(new Markup($"[grey]{name}[/]"), new Markup(Markup.Escape(value)));
        }

        console.Write(facts);
        console.WriteLine();
        if (document.Reload is { } reload)
        {
            WriteReload(console, reload, output.IsUtf8);
            WriteHistogram(console, reload, output.IsUtf8);
        }

        WriteFlushes(console, document.Flushes ?? []);
    }

    /// <summary>Two bars: a line that is in the cache, and one that was flushed.</summary>
    internal static void WriteReload(IAnsiConsole console, ReloadTimes reload, bool utf8)
    {
        Bar("hot", reload.HotNanoseconds, "green", "");
        Bar("flushed", reload.ColdNanoseconds, "blue", $", {ProcessorText.Ratio(reload)}");

        void Bar(string name, double nanoseconds, string color, string note)
        {
            (string filled, string rest) = Bars.Bar(nanoseconds, reload.ColdNanoseconds, BarCells, utf8);
            string time = CountText.Seconds(nanoseconds / 1e9);
            console.MarkupLine($"  {name,-9}[{color}]{filled}[/][grey]{rest}[/]  [bold]{time}[/] a line{note}");
        }
    }

    private static void WriteHistogram(IAnsiConsole console, ReloadTimes reload, bool utf8)
    {
        console.WriteLine();
        Table table = new Table().Border(TableBorder.None);
        table.AddColumn(new TableColumn("[grey]reload of a line[/]").RightAligned());
        table.AddColumn("[green]hot[/]");
        table.AddColumn("[blue]flushed[/]");
        foreach (HistogramBucket bucket in reload.Histogram)
        {
            string hot = Bars.Bar(bucket.Hot, reload.Samples, HistogramCells, utf8).Filled;
            string cold = Bars.Bar(bucket.Cold, reload.Samples, HistogramCells, utf8).Filled;
            table.AddRow(
                ProcessorText.Range(bucket),
                $"[green]{hot,-HistogramCells}[/]",
                $"[blue]{cold,-HistogramCells}[/]");
        }

        console.Write(table);
        console.WriteLine();
    }

    private static void WriteFlushes(IAnsiConsole console, IReadOnlyList<FlushTime> flushes)
    {
        foreach (FlushTime flush in flushes)
        {
            string time = CountText.Seconds(flush.Nanoseconds / 1e9), speed = ProcessorText.Speed(flush);
            console.MarkupLineInterpolated(
                $"  flush of {SizeText.Format(flush.Bytes),-10} [bold]{time}[/] ({speed}), {flush.What}");
        }
    }
}
