using Concord.Cli.Text;

namespace Concord.Cli.Status;

/// <summary>The cells and notes that every form of the status has.</summary>
internal static class StatusCells
{
    /// <summary>The line below a selection: how many files it leaves out.</summary>
    internal static string More(ShownFiles files)
    {
        string rest = CountText.Of(files.Offered - ShownFiles.LargestMax, "file");
        return $"{rest} more{(files.IsSorted ? "" : ", with no more in the cache")} (--all shows them)";
    }

    /// <summary>The name of the last row.</summary>
    internal static string TotalName(StatusTotals totals) => $"total, {CountText.Of(totals.Files, "file")}";

    /// <summary>Notes below the table, a line each.</summary>
    internal static IEnumerable<string> Notes(StatusReport report)
    {
        StatusTotals totals = report.Totals;
        if (totals.UnknownFiles > 0)
        {
            string reasons = string.Join("; ", totals.Reasons);
            yield return $"{CountText.Of(totals.UnknownFiles, "file")} cannot be known: {reasons}";
        }

        if (totals.BytesAsked is not null) yield return "of each file only the bytes of --range";
        if (report.Skipped() is { } skipped) yield return skipped;
        if (report.Interrupted) yield return "stopped: the figures are those up to here";
    }

    internal static string Pages(FileStatus file) =>
        $"{file.ShownPath}: pages {(file.Map is { } map ? PageRuns.Format(map) : ShareText.Unknown)} of "
            + $"{CountText.Format(file.Pages)}";
}
