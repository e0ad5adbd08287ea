using Concord.Benchmarks.Goals;

namespace Concord.Benchmarks.Reporting;

/// <summary>A goal's figures as rows of words: what the terminal's table and the Markdown one both show.</summary>
internal sealed record ResultTable(IReadOnlyList<string> Headings, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>Columns from this one on hold figures.</summary>
    public const int FirstFigure = 2;

    public static ResultTable Of(GoalResult goal)
    {
        bool hasLeft = goal.Comparisons.Any(comparison => comparison.Rivals.Any(rival => rival.WorstLeft is not null));
        string[] headings = ["workload", "rival", "median", "p10–p90", "rate", "speed (p10–p90)",
            .. hasLeft ? ["left", "says"] : (string[])[], "disturbed"];
        return new ResultTable(headings, [.. goal.Comparisons.SelectMany(comparison => RowsOf(comparison, hasLeft))]);
    }

    private static IEnumerable<IReadOnlyList<string>> RowsOf(ComparisonResult result, bool hasLeft)
    {
        Comparison comparison = result.Comparison;
        for (int index = 0; index < result.Rivals.Count; index++)
        {
            RivalResult rival = result.Rivals[index];
            Spread time = rival.Time;
            yield return
            [
                index == 0 ? comparison.Title : "",
                rival.Name,
                Sizes.Time(time.Median),
                $"{Sizes.Time(time.P10)} – {Sizes.Time(time.P90)}",
                Sizes.Rate(comparison.Bytes, time.Median),
                rival.Name == comparison.Reference
                    ? "1 (reference)"
                    : Speed(result.SpeedOf(rival.Name, comparison.Reference)),
                .. hasLeft ? Left(rival.WorstLeft) : [],
                $"{rival.DisturbedSlices} of {rival.Slices.Count}",
            ];
        }
    }

    private static string Speed(Spread speed) => $"{speed.Median:0.00} ({speed.P10:0.00}–{speed.P90:0.00})";

    private static string[] Left(PagesLeft? left) =>
        left is { } pages ? [$"{pages.Found:N0} of {pages.Total:N0}", pages.Claimed is { } claimed
            ? $"{claimed:N0}"
            : "unknown"] : ["", ""];
}
