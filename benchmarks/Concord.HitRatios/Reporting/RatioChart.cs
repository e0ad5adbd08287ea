using System.Globalization;
using System.Net;
using System.Text;

namespace Concord.HitRatios.Reporting;

/// <summary>Draws a small picture for each trace: miss ratios over the sizes, a curve for each policy.</summary>
internal static class RatioChart
{
    private const int Columns = 4, Width = 250, Height = 150, Gap = 30, Top = 60, Plot = 120, NameWidth = 110;

    private static readonly string[] Colours =
        ["#b4bcc6", "#8d99a6", "#6e7781", "#c297ff", "#a371f7", "#3fb950", "#e08a3c", "#d29922", "#0969da"];

    internal static string Render(IReadOnlyList<PolicyKind> policies, IReadOnlyList<ReplayRow> rows)
    {
        var traces = rows.GroupBy(static row => row.Trace).ToArray();
        int lines = (traces.Length + Columns - 1) / Columns;
        int width = (Columns * (Width + Gap)) + Gap, height = Top + (lines * (Height + Gap)) + Gap;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"
              viewBox="0 0 {width} {height}" role="img">
            <title>Misses a request over the size of the cache</title>
            <style>text {"{"} font: 12px system-ui, "DejaVu Sans", sans-serif {"}"}</style>
            <rect width="{width}" height="{height}" fill="#ffffff"/>
            """);
        for (int policy = 0; policy < policies.Count; policy++)
        {
            int at = Gap + (policy * NameWidth);
            svg.AppendLine(CultureInfo.InvariantCulture,
                $"""<text x="{at}" y="30" fill="{Colours[policy]}">{policies[policy].Name}</text>""");
        }

        for (int trace = 0; trace < traces.Length; trace++)
        {
            int left = Gap + (trace % Columns * (Width + Gap)), top = Top + (trace / Columns * (Height + Gap));
            Draw(svg, [.. traces[trace]], policies.Count, left, top);
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static void Draw(StringBuilder svg, ReplayRow[] rows, int policies, int left, int top)
    {
        svg.AppendLine(CultureInfo.InvariantCulture, $"""
            <text x="{left}" y="{top + 12}">{WebUtility.HtmlEncode(rows[0].Trace)}</text>
            <rect x="{left}" y="{top + 20}" width="{Width}" height="{Plot}" fill="none" stroke="#d1d9e0"/>
            """);
        for (int policy = 0; policy < policies; policy++)
        {
            int step = Width / Math.Max(1, rows.Length - 1), bottom = top + 20 + Plot;
            var points = rows.Select((row, at) => string.Create(
                CultureInfo.InvariantCulture, $"{left + (at * step)},{bottom - (row.Ratios[policy] * Plot):F1}"));
            double thickness = policy == policies - 1 ? 2.5 : 1.2;
            svg.AppendLine(CultureInfo.InvariantCulture, $"""
                <polyline points="{string.Join(' ', points)}" fill="none" stroke="{Colours[policy]}"
                  stroke-width="{thickness}"/>
                """);
        }
    }
}
