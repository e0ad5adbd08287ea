using Concord.Cli.Text;

namespace Concord.Cli.Status;

/// <summary>The cells and notes that every form of the status has.</summary>
internal static class StatusCells
{
    internal static string Bytes(long? pages, int pageSize) =>
        pages is { } known ? SizeText.Format(known * pageSize) : ShareText.Unknown;

    internal static string Bytes(long? bytes) => bytes is { } known ? SizeText.Format(known) : ShareText.Unknown;

    /// <summary>The line below a selection: how many files it leaves out.</summary>
    internal static string More(ShownFiles files) =>
        $"{CountText.Of(files.Offered - ShownFiles.LargestMax, "file")} more, with no more in the cache (--all shows "
            + "them)";

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

        if (report.Skipped() is { } skipped) yield return skipped;
        if (report.Interrupted) yield return "stopped: the figures are those up to here";
    }

    internal static string[] Of(FileStatus file) =>
    [
        PathText.Show(file.Path),
        SizeText.Format(file.Size),
        Bytes(file.ResidentPages, file.PageSize),
        Bytes(file.DirtyPages, file.PageSize),
        ShareText.Format(file.ResidentPages, file.Pages),
    ];

    internal static string[] Of(string name, StatusTotals totals) =>
    [
        name,
        SizeText.Format(totals.Size),
        Bytes(totals.ResidentBytes),
        Bytes(totals.DirtyBytes),
        ShareText.Format(totals.ResidentPages, totals.Pages),
    ];

    internal static string Pages(FileStatus file) =>
        $"{PathText.Show(file.Path)}: pages {(file.Map is { } map ? PageRuns.Format(map) : ShareText.Unknown)} of "
            + $"{CountText.Format(file.Pages)}";
}
