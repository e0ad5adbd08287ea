using Concord.Cli.Bench;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Tour;

/// <summary>The tour as plain text.</summary>
internal sealed class TourText(Output output) : TourView
{
    private int _number;

    internal override void Begin(string directory, string fileSystem)
    {
        Line($"A file of {SizeText.Format(TourGround.Bytes)} on {fileSystem}, in {PathText.Show(directory)}.");
        output.Flush();
    }

    internal override void Show(TourStep step)
    {
        Line("");
        Line($"{++_number}. {step.Title} ({CountText.Seconds(step.Seconds)})");
        foreach (TourCheck check in step.Found)
            Line($"   {(check.Holds ? "ok" : "NOT SO")}  {PathText.Show(check.Text)}");
        if (step.Skipped is { } reason) Line($"   skipped  {PathText.Show(reason)}");
        output.Flush();
    }

    internal override void Show(IReadOnlyList<BenchComparison> comparisons)
    {
        Line($"   {RatioTitle}");
        var table = new PlainTable("   workload", "against", ">ratio", "verdict");
        foreach (BenchComparison comparison in comparisons)
        {
            foreach (BenchRival rival in comparison.Rivals)
            {
                if (rival.ConcordSpeed is { } speed)
                    table.Add($"   {comparison.Title}", rival.Name, BenchText.Times(speed.Median), rival.Verdict ?? "");
            }
        }

        table.Write(output.Text);
    }

    internal override void End(TourDocument document)
    {
        Line("");
        Line(Sum(document));
        output.Flush();
    }

    private void Line(string text) => output.Text.WriteLine(text);
}
