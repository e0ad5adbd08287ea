using Concord.Cli.Running;

namespace Concord.Cli.Status;

/// <summary>
/// Writes every file on a line of its own, in the order of the walk; the path is last, since the longest is not known
/// yet.
/// </summary>
internal sealed class StatusStream(Output output, bool withPages) : StatusSink
{
    private const int SizeWidth = 10, ShareWidth = 7;

    private bool _begun;

    internal override void Add(FileStatus file)
    {
        Begin();
        string[] cells = StatusCells.Of(file);
        Line(cells);
        if (withPages) output.Text.WriteLine($"  {StatusCells.Pages(file)}");
    }

    internal override void Finish(Run run, StatusReport report, int exitCode)
    {
        Begin();
        Line(StatusCells.Of(StatusCells.TotalName(report.Totals), report.Totals));
        foreach (string note in StatusCells.Notes(report)) output.Text.WriteLine(note);
    }

    private void Begin()
    {
        if (_begun) return;
        _begun = true;
        Line(["PATH", "SIZE", "RESIDENT", "DIRTY", "SHARE"]);
    }

    private void Line(string[] cells)
    {
        TextWriter writer = output.Text;
        for (int i = 1; i < cells.Length; i++)
        {
            writer.Write(cells[i].PadLeft(i == cells.Length - 1 ? ShareWidth : SizeWidth));
            writer.Write("  ");
        }

        writer.WriteLine(cells[0]);
    }
}
