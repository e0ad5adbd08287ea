using Concord.Cli.Rendering;
using Concord.Cli.Text;

namespace Concord.Cli.Status;

/// <summary>A column of the status.</summary>
/// <param name="Name">Its name, as <c>--columns</c> and <c>--sort</c> have it.</param>
/// <param name="IsFigure">Whether it is aligned to the right, and the largest come first when it sorts.</param>
/// <param name="OfFile">A file's cell; the flag tells whether sizes are shown in bytes.</param>
/// <param name="OfTotals">The cell of sums.</param>
/// <param name="Order">What files are sorted by; null where that is the path.</param>
internal sealed record StatusColumn(
    string Name,
    bool IsFigure,
    Func<FileStatus, bool, string> OfFile,
    Func<StatusTotals, bool, string> OfTotals,
    Func<FileStatus, double>? Order)
{
    /// <summary>Cells of a map where nothing tells how wide it may be.</summary>
    private const int MapCells = 32;

    internal const string PathName = "path", WhereName = "where";

    private static readonly StatusColumn[] All =
    [
        new(PathName, false, static (file, _) => file.ShownPath, static (_, _) => "", Order: null),
        Bytes("size", static file => file.AskedBytes, static totals => totals.AskedBytes),
        Count("pages", static file => file.Pages, static totals => totals.Pages),
        Bytes("resident", static file => file.ResidentPages * file.PageSize, static totals => totals.ResidentBytes),
        Count("resident-pages", static file => file.ResidentPages, static totals => totals.ResidentPages),
        Bytes("dirty", static file => file.DirtyPages * file.PageSize, static totals => totals.DirtyBytes),
        Count("dirty-pages", static file => file.DirtyPages, static totals => totals.DirtyPages),
        Bytes("writeback", static file => file.WriteBackPages * file.PageSize, static totals => totals.WriteBackBytes),
        Count("writeback-pages", static file => file.WriteBackPages, static totals => totals.WriteBackPages),
        new(
            "share", true, static (file, _) => ShareText.Format(file.ResidentPages, file.Pages),
            static (totals, _) => ShareText.Format(totals.ResidentPages, totals.Pages),
            static file => file.Share ?? (file.Pages == 0 ? -1 : double.PositiveInfinity)),
        new(WhereName, false, static (file, _) => MapOf(file), static (_, _) => "", Order: null),
    ];

    /// <summary>The names of all columns, for the help and for errors.</summary>
    internal static string Names => string.Join(", ", All.Select(static column => column.Name));

    /// <summary>The column of a name; null when there is none.</summary>
    internal static StatusColumn? Find(string name) => Array.Find(All, column => column.Name == name);

    private static StatusColumn Bytes(
        string name, Func<FileStatus, long?> ofFile, Func<StatusTotals, long?> ofTotals) => new(
            name, true, (file, inBytes) => Size(ofFile(file), inBytes),
            (totals, inBytes) => Size(ofTotals(totals), inBytes), file => Weight(ofFile(file)));

    private static StatusColumn Count(
        string name, Func<FileStatus, long?> ofFile, Func<StatusTotals, long?> ofTotals) => new(
            name, true, (file, _) => Number(ofFile(file)), (totals, _) => Number(ofTotals(totals)),
            file => Weight(ofFile(file)));

    /// <summary>Files with unknown figures come first: the user has to look at them.</summary>
    private static double Weight(long? figure) => figure ?? double.PositiveInfinity;

    private static string Size(long? bytes, bool inBytes) => bytes switch
    {
        null => ShareText.Unknown,
        { } known when inBytes => CountText.Plain(known),
        { } known => SizeText.Format(known),
    };

    private static string Number(long? count) => count is { } known ? CountText.Plain(known) : ShareText.Unknown;

    private static string MapOf(FileStatus file) =>
        file.Map is { } map ? $"[{Bars.Map(map, MapCells, utf8: false)}]" : ShareText.Unknown;
}
