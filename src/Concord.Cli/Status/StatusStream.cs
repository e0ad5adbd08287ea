using Concord.Cli.Running;

namespace Concord.Cli.Status;

/// <summary>
/// Writes every file on a line of its own, as it comes; the path is last, since the longest is not known yet.
/// </summary>
internal sealed class StatusStream(Output output, StatusLayout layout, bool withPages) : StatusSink
{
    private const int FigureWidth = 10, ShareWidth = 7;

    private bool _begun;

    internal override void Add(FileStatus file)
    {
        Begin();
        Line(layout.Of(file));
        if (withPages) output.Text.WriteLine($"  {StatusCells.Pages(file)}");
    }

    internal override void Finish(Run run, StatusReport report, int exitCode)
    {
        Begin();
        Line(layout.Of(StatusCells.TotalName(report.Totals), report.Totals));
        foreach (string note in StatusCells.Notes(report)) output.Text.WriteLine(note);
    }

    private void Begin()
    {
        if (_begun) return;
        _begun = true;
        if (!layout.HasHeads) return;
        Line([.. layout.Columns.Select(static column => column.Name.ToUpperInvariant())]);
    }

    private void Line(string[] cells)
    {
        TextWriter writer = output.Text;
        string? path = null;
        bool isFirst = true;
        for (int i = 0; i < cells.Length; i++)
        {
            StatusColumn column = layout.Columns[i];
            if (column.Name == StatusColumn.PathName)
            {
                path = cells[i];
                continue;
            }

            if (!isFirst) writer.Write("  ");
            isFirst = false;
            int width = column.Name == "share" ? ShareWidth : Math.Max(FigureWidth, column.Name.Length);
            writer.Write(column.IsFigure ? cells[i].PadLeft(width) : cells[i]);
        }

        if (path is not null) writer.Write(isFirst ? path : $"  {path}");
        writer.WriteLine();
    }
}
