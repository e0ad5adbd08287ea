using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Spectre.Console;

namespace Concord.Cli.Status;

/// <summary>The status on a terminal: a table with a map of where in each file the resident pages lie.</summary>
internal sealed class StatusTable : StatusSink
{
    /// <summary>Columns that the figures and the gaps take.</summary>
    private const int FigureColumns = 48;

    private const int MapCellsMax = 32, MapCellsMin = 8, PathColumnsMin = 16;

    private readonly ShownFiles _files = new();

    internal override void Add(FileStatus file) => _files.Offer(file);

    internal override void Finish(Run run, StatusReport report, int exitCode)
    {
        if (report.FoundNothing) return;
        Output output = run.Output;
        IAnsiConsole console = Screen.Open(output);

        // Share the width of the terminal between the path and the map.
        int free = Math.Max(console.Profile.Width - FigureColumns, PathColumnsMin + MapCellsMin);
        int mapCells = Math.Clamp(free / 3, MapCellsMin, MapCellsMax);
        int pathColumns = free - mapCells;

        // The head, a row for each file, and the totals.
        Table table = new Table().Border(output.IsUtf8 ? TableBorder.Simple : TableBorder.None);
        table.AddColumn(new TableColumn("path").NoWrap());
        foreach (string name in (ReadOnlySpan<string>)["size", "resident", "dirty", "share"])
        {
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        }

        table.AddColumn(new TableColumn("where").Width(mapCells).NoWrap());
        IReadOnlyList<FileStatus> shown = _files.Select();
        foreach (FileStatus file in shown)
            AddRow(table, pathColumns, StatusCells.Of(file), MapOf(file, mapCells, output.IsUtf8), "");
        AddTotals(table, report, pathColumns, mapCells, output.IsUtf8);
        console.Write(table);

        // Below the table: how many files are left out, the pages of each shown file, and notes.
        if (_files.IsSelection) console.MarkupLineInterpolated($"[grey]{StatusCells.More(_files)}[/]");
        if (report.WithPages)
        {
            foreach (FileStatus file in shown) console.WriteLine(StatusCells.Pages(file));
        }

        foreach (string note in StatusCells.Notes(report)) console.MarkupLineInterpolated($"[grey]{note}[/]");
    }

    private static void AddTotals(Table table, StatusReport report, int pathColumns, int mapCells, bool utf8)
    {
        for (int i = 0; report.NeedsSubtotals && i < report.Arguments.Count; i++)
        {
            if (!report.IsDirectory(i)) continue;
            StatusTotals part = report.Subtotals[i];
            string name = $"{PathText.Show(report.Arguments[i])}, all";
            AddRow(table, pathColumns, StatusCells.Of(name, part), BarOf(part, mapCells, utf8), "grey");
        }

        if (!report.NeedsTotal) return;
        string total = StatusCells.TotalName(report.Totals);
        AddRow(table, pathColumns, StatusCells.Of(total, report.Totals), BarOf(report.Totals, mapCells, utf8), "bold");
    }

    private static void AddRow(Table table, int pathColumns, string[] cells, Markup map, string style)
    {
        cells[0] = PathText.Shorten(cells[0], pathColumns);
        var row = new Spectre.Console.Rendering.IRenderable[cells.Length + 1];
        for (int i = 0; i < cells.Length; i++)
        {
            string shown = cells[i] == ShareText.Unknown ? "yellow" : style;
            row[i] = new Markup(Markup.Escape(cells[i]), shown.Length > 0 ? Style.Parse(shown) : null);
        }

        row[^1] = map;
        table.AddRow(row);
    }

    /// <summary>The map of a file. Read now, for the shown files only, since it costs more than the counts.</summary>
    private static Markup MapOf(FileStatus file, int cells, bool utf8)
    {
        PageMap? map = file.Map ?? AskForMap(file.OpenedAs);
        if (map is null) return new Markup("unknown", Style.Parse("yellow"));
        return new Markup(Markup.Escape(Bars.Map(map, cells, utf8)), Style.Parse("green on grey15"));
    }

    private static PageMap? AskForMap(string path)
    {
        try
        {
            using SystemFile file = SystemFile.Open(path);
            return file.Query(ResidencyDetail.Pages).Map;
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            // The file went away between its figures and its map: show the figures without a map.
            return null;
        }
    }

    private static Markup BarOf(StatusTotals totals, int cells, bool utf8)
    {
        if (totals.ResidentPages is not { } resident) return new Markup("unknown", Style.Parse("yellow"));
        (string filled, string rest) = Bars.Bar(resident, totals.Pages, cells, utf8);
        return new Markup($"[green]{filled}[/][grey]{rest}[/]");
    }
}
