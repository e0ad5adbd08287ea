using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Concord.Benchmarks.Goals;
using Concord.Benchmarks.Reporting;
using Concord.Measuring;
using Concord.Measuring.Charts;

namespace Concord.Tests.Benchmarks;

public class ReportTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void The_chart_is_well_formed_and_draws_each_bar_within_its_width()
    {
        ChartPanel[] panels =
        [
            new("P1: <fast> & \"small\"", "speed", IsShare: false,
                [new("one", 1.02, Verdict.Reached, 0.9, 1.1, 0.95), new("two", 0.4, Verdict.Missed, 0.1, 7.5, 0.95)]),
            new("left", "share", IsShare: true, [new("none", 0, Verdict.Reached), new("all", 1, Verdict.Skipped)]),
        ];

        XElement svg = XDocument.Parse(SvgChart.Render(panels)).Root!;

        double width = Number(svg, "width");
        Assert.Equal(1, svg.Elements(Svg + "text").Count(text => text.Value == "P1: <fast> & \"small\""));
        Assert.Equal(2 + 1, Bars("reached"));
        Assert.Equal(1 + 1, Bars("missed"));
        Assert.All(svg.Elements(Svg + "line"), line => Assert.InRange(Number(line, "x2"), 0, width));
        Assert.All(svg.Elements(Svg + "rect"),
            bar => Assert.InRange(Number(bar, "x") + Number(bar, "width"), 1, width));

        // One of each kind is the legend's.
        int Bars(string kind) => svg.Elements(Svg + "rect").Count(bar => (string?)bar.Attribute("class") == kind);
    }

    [Fact]
    public void A_long_label_has_room_beside_its_bar()
    {
        const int LetterPixels = 6;
        string label = new('w', 80);
        ChartPanel panel = new("p", "speed", IsShare: false, [new(label, 1, Verdict.Reached)]);

        var text = XDocument.Parse(SvgChart.Render([panel])).Root!.Elements(Svg + "text")
            .Single(text => text.Value == label);

        Assert.True(Number(text, "x") >= label.Length * LetterPixels,
            "the label ends before its bar and begins within the picture");
    }

    [Fact]
    public void Bars_are_as_long_as_their_values_say()
    {
        ChartPanel panel = new(
            "p", "speed", IsShare: false, [new("half", 0.5, Verdict.Reached), new("whole", 1, Verdict.Reached)]);

        double[] widths = [.. XDocument.Parse(SvgChart.Render([panel])).Root!.Elements(Svg + "rect")
            .Where(bar => (string?)bar.Attribute("class") == "reached").Select(bar => Number(bar, "width")).Take(2)];

        Assert.Equal(2, widths[1] / widths[0], tolerance: 0.01);
    }

    [Fact]
    public void New_figures_replace_the_old_ones_and_nothing_else()
    {
        string page = $"# Head\n\n{DocsReport.Begin}\nold\n{DocsReport.End}\n\nTail\n";

        string replaced = DocsReport.Replace(page, "new");

        Assert.Equal($"# Head\n\n{DocsReport.Begin}\n\nnew\n{DocsReport.End}\n\nTail\n", replaced);
        Assert.Equal(replaced, DocsReport.Replace(replaced, "new"));
    }

    [Theory]
    [InlineData("no marks at all")]
    [InlineData(DocsReport.End + "\n" + DocsReport.Begin)]
    public void A_page_without_marks_is_left_alone(string page) =>
        Assert.Throws<InvalidOperationException>(() => DocsReport.Replace(page, "new"));

    [Fact]
    public void Every_report_tells_the_verdict_and_a_goal_that_was_not_measured_says_why()
    {
        var report = new RunReport(
            [("processor", "a model")],
            Rounds: 9,
            "nothing",
            IsPriorityRaised: false,
            [
                new GoalResult(GoalList.All[0], [VerdictTests.Measured(100, disturbed: 0)]),
                new GoalResult(GoalList.All[1], [], "a part is missing"),
            ]);

        string markdown = MarkdownReport.Render(report);
        using JsonDocument json = JsonDocument.Parse(JsonReport.Render(report));
        JsonElement goals = json.RootElement.GetProperty("goals");

        Assert.Contains("**reached.**", markdown, StringComparison.Ordinal);
        Assert.Contains("Not measured: a part is missing.", markdown, StringComparison.Ordinal);
        Assert.Equal("reached", goals[0].GetProperty("verdict").GetString());
        Assert.Equal(9, goals[0].GetProperty("comparisons")[0].GetProperty("rivals")[0].GetProperty("slices")
            .GetArrayLength());
        Assert.Equal("a part is missing", goals[1].GetProperty("notMeasured").GetString());
    }

    private static double Number(XElement element, string attribute) =>
        double.Parse((string)element.Attribute(attribute)!, CultureInfo.InvariantCulture);
}
