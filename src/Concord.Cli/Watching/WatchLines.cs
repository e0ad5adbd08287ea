using System.Globalization;
using Concord.Cli.Json;
using Concord.Cli.Running;
using Concord.Cli.Status;
using Concord.Cli.Text;

namespace Concord.Cli.Watching;

/// <summary>Looks as plain lines, or as one JSON document a line: for a pipe.</summary>
internal sealed class WatchLines(Run run)
{
    private const int FigureWidth = 10, ChangeWidth = 13, ShareWidth = 7;

    private bool _begun;

    internal void Write(Look look)
    {
        if (run.IsJson) JsonReport.WriteLine(run.Output, DocumentOf(look), JsonShapes.Default.WatchDocument);
        else WriteText(look);
        run.Output.Flush();
    }

    private void WriteText(Look look)
    {
        if (!_begun) Line("TIME    ", "RESIDENT", "DIRTY", "SHARE", "CHANGE", "PATH");
        _begun = true;
        string time = look.Time.ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        foreach ((FileStatus file, Change change) in look.Shown)
        {
            Line(
                time, Size(file.ResidentPages * file.PageSize), Size(file.DirtyPages * file.PageSize),
                ShareText.Format(file.ResidentPages, file.Pages), ChangeText.Of(change.Resident),
                file.ShownPath);
        }

        if (look.Totals.Files == 1) return;
        Line(
            time, Size(look.Totals.ResidentBytes), Size(look.Totals.DirtyBytes),
            ShareText.Format(look.Totals.ResidentPages, look.Totals.Pages), ChangeText.Of(look.Change.Resident),
            StatusCells.TotalName(look.Totals));
    }

    private void Line(string time, string resident, string dirty, string share, string change, string path)
    {
        string figures = $"{resident,FigureWidth}  {dirty,FigureWidth}  {share,ShareWidth}  {change,ChangeWidth}";
        run.Output.Text.WriteLine($"{time}  {figures}  {path}");
    }

    private static string Size(long? bytes) => bytes is { } known ? SizeText.Format(known) : ShareText.Unknown;

    private static WatchDocument DocumentOf(Look look) => new(
        look.Time,
        [
            .. look.Shown.Select(static shown => new WatchedFile(
                shown.File.Path, shown.File.Size, shown.File.Pages, shown.File.ResidentPages, shown.File.DirtyPages,
                shown.File.WriteBackPages, shown.Change.Resident, shown.Change.Dirty)
            {
                PathBytes = shown.File.PathBytes,
            })
        ],
        new WatchedTotals(
            look.Totals.Files, look.Totals.Size, look.Totals.Pages, look.Totals.ResidentPages, look.Totals.DirtyPages,
            look.Change.Resident, look.Change.Dirty, look.FailedFiles));
}
