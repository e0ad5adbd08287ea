using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Status;

/// <summary>The status as plain text.</summary>
internal sealed class StatusText(StatusLayout layout) : StatusSink
{
    private readonly ShownFiles _files = new(layout.Order);

    internal override void Add(FileStatus file) => _files.Offer(file);

    internal override void Finish(Run run, StatusReport report, int exitCode)
    {
        if (report.FoundNothing) return;
        TextWriter writer = run.Output.Text;
        IReadOnlyList<FileStatus> shown = _files.Select();
        var table = new PlainTable(layout.Heads) { HasHead = layout.HasHeads };
        foreach (FileStatus file in shown) table.Add(layout.Of(file));
        for (int i = 0; report.NeedsSubtotals && i < report.Arguments.Count; i++)
        {
            if (!report.IsDirectory(i)) continue;
            table.Add(layout.Of($"{PathText.Name(report.Arguments[i])}, all", report.Subtotals[i]));
        }

        if (report.NeedsTotal) table.Add(layout.Of(StatusCells.TotalName(report.Totals), report.Totals));
        table.Write(writer);
        if (_files.IsSelection) writer.WriteLine(StatusCells.More(_files));
        if (report.WithPages)
        {
            foreach (FileStatus file in shown) writer.WriteLine(StatusCells.Pages(file));
        }

        foreach (string note in StatusCells.Notes(report)) writer.WriteLine(note);
    }
}
