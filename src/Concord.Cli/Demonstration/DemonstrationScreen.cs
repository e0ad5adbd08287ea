using Concord.Cli.Processor;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Spectre.Console;

namespace Concord.Cli.Demonstration;

/// <summary>The demonstration on a terminal: bars of what is left.</summary>
internal sealed class DemonstrationScreen(Output output) : DemonstrationView
{
    private const int BarCells = 40;
    private readonly IAnsiConsole _console = Screen.Open(output);

    internal override void NoSystemHalf(string reason)
    {
        _console.MarkupLineInterpolated($"[bold]The system's cache[/] [yellow]cannot be shown here:[/] {reason}");
        End();
    }

    internal override void BeginSystemHalf(string directory, string fileSystem, long pages, int process)
    {
        string size = SizeText.Format(DemonstrationFile.Bytes);
        _console.MarkupLineInterpolated(
            $"[bold]The system's cache[/] [grey]{size} on {fileSystem}, just written, mapped by process {process}[/]");
        End();
    }

    internal override void ShowSystemCalls(SystemCallStep step, long pages)
    {
        Bar(Sentences.SystemCalls, step.PagesLeft, pages, step.Seconds);
        Note(Sentences.About(step, pages));
        End();
    }

    internal override void ShowConcord(PurgeStep step, long pages, bool afterUnmap)
    {
        if (afterUnmap) Note("The other process now ends its mapping.");
        Bar(afterUnmap ? Sentences.ConcordAgain : Sentences.Concord, step.PagesLeft, pages, step.Seconds);
        Note(Sentences.About(step));
        foreach (string reason in Sentences.Reasons(step)) Note(reason);
        End();
    }

    internal override void ShowContents(bool unchanged)
    {
        Note(Sentences.Contents(unchanged));
        End();
    }

    internal override void NoProcessorHalf(string reason)
    {
        _console.MarkupLineInterpolated($"[bold]The processor's cache[/] [yellow]cannot be shown here:[/] {reason}");
        End();
    }

    internal override void ShowProcessorHalf(ReloadTimes reload, string instruction)
    {
        _console.MarkupLineInterpolated(
            $"[bold]The processor's cache[/] [grey]loading a line, hot and after {instruction}[/]");
        _console.WriteLine();
        ProcessorScreen.WriteReload(_console, reload, output.IsUtf8);
        End();
    }

    private void Bar(string name, long? left, long pages, double seconds)
    {
        (string filled, string rest) = left is { } known
            ? Bars.Bar(known, pages, BarCells, output.IsUtf8)
            : ("", new string('?', BarCells));
        string color = left == 0 ? "green" : "red";
        string time = CountText.Seconds(seconds);
        _console.MarkupLine($"  [bold]{Markup.Escape(name)}[/] [grey]{time}[/]");
        _console.MarkupLine($"  [{color}]{filled}[/][grey]{rest}[/] [bold]{Sentences.Left(left, pages)}[/]");
    }

    private void Note(string text) => _console.MarkupLineInterpolated($"  [grey]{text}[/]");

    private void End()
    {
        _console.WriteLine();
        output.Flush();
    }
}
