using Concord.Cli.Bench;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Spectre.Console;

namespace Concord.Cli.Tour;

/// <summary>The tour on a terminal.</summary>
internal sealed class TourScreen(Output output) : TourView
{
    private readonly IAnsiConsole _console = Screen.Open(output);
    private int _number;

    internal override void Begin(string directory, string fileSystem)
    {
        _console.MarkupLineInterpolated(
            $"[bold]The tour[/] [grey]a file of {SizeText.Format(TourGround.Bytes)} on {fileSystem}[/]");
        End();
    }

    internal override void Show(TourStep step)
    {
        string color = step.Holds ? "green" : "red";
        _console.MarkupLine(
            $"[bold]{++_number}. {Markup.Escape(step.Title)}[/] [grey]{CountText.Seconds(step.Seconds)}[/]");
        foreach (TourCheck check in step.Found)
        {
            string mark = check.Holds ? (output.IsUtf8 ? "✓" : "ok") : "NOT SO";
            _console.MarkupLine(
                $"   [{(check.Holds ? color : "red")}]{mark}[/] {Markup.Escape(PathText.Show(check.Text))}");
        }

        if (step.Skipped is { } reason)
            _console.MarkupLine($"   [yellow]skipped[/] {Markup.Escape(PathText.Show(reason))}");

        End();
    }

    internal override void Show(IReadOnlyList<BenchComparison> comparisons)
    {
        _console.MarkupLineInterpolated($"[bold]{RatioTitle}[/]");
        output.Flush();
        BenchText.WriteBars(output, comparisons);
    }

    internal override void End(TourDocument document)
    {
        _console.MarkupLineInterpolated($"[bold]{Sum(document)}[/]");
        output.Flush();
    }

    private void End()
    {
        _console.WriteLine();
        output.Flush();
    }
}
