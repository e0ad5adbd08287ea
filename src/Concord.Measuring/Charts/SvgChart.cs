using System.Globalization;
using System.Net;
using System.Text;

namespace Concord.Measuring.Charts;

/// <summary>
/// Draws panels of horizontal bars as a self-contained SVG: no script, no font to fetch, and a background of its own,
/// so that it is readable on any page; its colours follow the reader's light or dark scheme.
/// </summary>
internal static class SvgChart
{
    private const int Margin = 20;

    /// <summary>A bar of length zero is still drawn, so that its colour can be seen.</summary>
    private const double BarWidthMin = 2;

    /// <summary>The assumed average width of a letter, a wide one: the reader's font is not known here.</summary>
    private const double LetterWidth = 6.4;

    private const int LabelWidthMin = 330, BarsWidth = 408, ValueWidth = 62;
    private const int PanelHeadHeight = 46, PanelGap = 26, RowHeight = 24, BarHeight = 12, AxisHeight = 20,
        LegendHeight = 30;
    private const int LabelGap = 10;

    private const string Style = """
        .card { fill: #ffffff; stroke: #d1d9e0 }
        text { font: 12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #3d444d }
        .title { font-size: 14px; font-weight: 600; fill: #1f2328 }
        .faint { fill: #6e7781; font-size: 11px }
        .grid { stroke: #e4e8ec }
        .base { stroke: #818b98 }
        .whisker { stroke: #1f2328; stroke-width: 1.5 }
        .target { stroke: #cf222e; stroke-width: 2 }
        .reached { fill: #54a0ff } .missed { fill: #e08a3c } .inconclusive, .skipped { fill: #b4bcc6 }
        @media (prefers-color-scheme: dark) {
          .card { fill: #0d1117; stroke: #30363d }
          text { fill: #c9d1d9 } .title { fill: #f0f6fc } .faint { fill: #9198a1 }
          .grid { stroke: #21262d } .base { stroke: #8b949e } .whisker { stroke: #f0f6fc } .target { stroke: #ff7b72 }
          .reached { fill: #2f6fd0 } .missed { fill: #b5651d } .inconclusive, .skipped { fill: #59616b }
        }
        """;

    /// <summary>The picture of the panels, one below the other.</summary>
    /// <param name="panels">What is drawn.</param>
    /// <param name="words">The words of title and legend; if null, those of goals.</param>
    public static string Render(IReadOnlyList<ChartPanel> panels, ChartWords? words = null)
    {
        words ??= ChartWords.Goals;
        int barsLeft = Margin + LabelWidthOf(panels) + LabelGap, width = barsLeft + BarsWidth + ValueWidth + Margin;
        int height = Margin + panels.Sum(HeightOf) + LegendHeight;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" "
            + $"height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">");
        svg.AppendLine($"<title>{WebUtility.HtmlEncode(words.Title)}</title>")
            .AppendLine($"<style>\n{Style}\n</style>");
        svg.AppendLine(CultureInfo.InvariantCulture,
            $"<rect x=\"0.5\" y=\"0.5\" width=\"{width - 1}\" height=\"{height - 1}\" rx=\"6\" class=\"card\"/>");
        int top = Margin;
        foreach (ChartPanel panel in panels)
        {
            AppendPanel(svg, panel, barsLeft, top);
            top += HeightOf(panel);
        }

        AppendLegend(svg, words, top);
        return svg.AppendLine("</svg>").ToString();
    }

    /// <summary>The width of the labels: that of the longest one, so that none is cut off.</summary>
    private static int LabelWidthOf(IReadOnlyList<ChartPanel> panels)
    {
        int letters = panels.SelectMany(static panel => panel.Bars).Select(static bar => bar.Label.Length)
            .DefaultIfEmpty().Max();
        return Math.Max(LabelWidthMin, (int)(letters * LetterWidth));
    }

    private static int HeightOf(ChartPanel panel) =>
        PanelHeadHeight + panel.Bars.Count * RowHeight + AxisHeight + PanelGap;

    private static void AppendPanel(StringBuilder svg, ChartPanel panel, int barsLeft, int top)
    {
        var axis = ChartAxis.For(panel, barsLeft, BarsWidth);
        int rowsTop = top + PanelHeadHeight, rowsBottom = rowsTop + panel.Bars.Count * RowHeight;
        AppendText(svg, Margin, top + 14, panel.Title, "title");
        AppendText(svg, Margin, top + 32, panel.Axis, "faint");
        foreach (double tick in axis.Ticks)
        {
            bool isBase = tick == 0 || (tick == 1 && !panel.IsShare);
            AppendLine(svg, axis.At(tick), rowsTop - 2, axis.At(tick), rowsBottom, isBase ? "base" : "grid");
            AppendText(svg, axis.At(tick), rowsBottom + 15, axis.Format(tick), "faint", "middle");
        }

        for (int row = 0; row < panel.Bars.Count; row++)
            AppendBar(svg, panel.Bars[row], axis, barsLeft, rowsTop + row * RowHeight);
    }

    private static void AppendBar(StringBuilder svg, ChartBar bar, ChartAxis axis, int barsLeft, int top)
    {
        double middle = top + RowHeight / 2.0, barTop = middle - BarHeight / 2.0;
        AppendText(svg, barsLeft - LabelGap, middle + 4, bar.Label, null, "end");
        AppendRectangle(svg, axis.At(0), barTop, axis.At(bar.Value) - axis.At(0), bar.Verdict);
        if (bar.Low is { } low && bar.High is { } high)
        {
            AppendLine(svg, axis.At(low), middle, axis.At(high), middle, "whisker");
            AppendLine(svg, axis.At(low), middle - 3, axis.At(low), middle + 3, "whisker");
            AppendLine(svg, axis.At(high), middle - 3, axis.At(high), middle + 3, "whisker");
        }

        if (bar.Target is { } target)
            AppendLine(svg, axis.At(target), middle - 9, axis.At(target), middle + 9, "target");
        AppendText(svg, barsLeft + BarsWidth + ValueWidth, middle + 4, axis.IsShare
            ? axis.Format(bar.Value)
            : bar.Value.ToString("0.00", CultureInfo.InvariantCulture), null, "end");
    }

    private static void AppendLegend(StringBuilder svg, ChartWords words, int top)
    {
        (Verdict Verdict, string Text)[] entries = [(Verdict.Reached, words.Reached), (Verdict.Missed, words.Missed),
            (Verdict.Inconclusive, words.Other)];
        double left = Margin;
        foreach ((Verdict verdict, string text) in entries)
        {
            AppendRectangle(svg, left, top, BarHeight, verdict);
            AppendText(svg, left + 18, top + 10, text, "faint");
            left += 40 + 6.2 * text.Length;
        }

        AppendLine(svg, left + 4, top - 3, left + 4, top + 15, "target");
        AppendText(svg, left + 14, top + 10, words.Target, "faint");
        left += 36 + 6.2 * words.Target.Length;
        AppendLine(svg, left, top + 6, left + 24, top + 6, "whisker");
        AppendLine(svg, left, top + 3, left, top + 9, "whisker");
        AppendLine(svg, left + 24, top + 3, left + 24, top + 9, "whisker");
        AppendText(svg, left + 32, top + 10, "10th to 90th percentile of the rounds' ratios", "faint");
    }

    private static void AppendText(StringBuilder svg, double x, double y, string text, string? style,
        string anchor = "start")
    {
        string styled = style is null ? "" : $" class=\"{style}\"";
        svg.AppendLine(CultureInfo.InvariantCulture,
            $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\"{styled}>{WebUtility.HtmlEncode(text)}</text>");
    }

    private static void AppendRectangle(StringBuilder svg, double x, double y, double width, Verdict verdict) =>
        svg.AppendLine(CultureInfo.InvariantCulture,
            $"<rect x=\"{x:0.#}\" y=\"{y:0.#}\" width=\"{Math.Max(width, BarWidthMin):0.#}\" height=\"{BarHeight}\" "
            + $"rx=\"2\" class=\"{verdict.ToString().ToLowerInvariant()}\"/>");

    private static void AppendLine(StringBuilder svg, double x1, double y1, double x2, double y2, string style) =>
        svg.AppendLine(CultureInfo.InvariantCulture,
            $"<line x1=\"{x1:0.#}\" y1=\"{y1:0.#}\" x2=\"{x2:0.#}\" y2=\"{y2:0.#}\" class=\"{style}\"/>");
}
