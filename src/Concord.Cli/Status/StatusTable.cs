using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Text;
using Spectre.Console;

namespace Concord.Cli.Status;

/// <summary>The status on a terminal: a table with a map of where in each file the resident pages lie.</summary>
internal sealed class StatusTable(StatusLayout layout) : StatusSink
{
    private readonly ShownFiles _files = new(layout.Order);

    internal override void Add(FileStatus file) => _files.Offer(file);

    internal override void Finish(Run run, StatusReport report, int exitCode)
    {
        if (report.FoundNothing) return;
        Output output = run.Output;
        IAnsiConsole console = Screen.Open(output);

        IReadOnlyList<FileStatus> shown = _files.Select();
        StatusFit fit = StatusFit.Of(
            Columns, layout.Asked is not null, console.Profile.Width, column => WidthOf(column, shown, report));
        IReadOnlyList<StatusColumn> columns = fit.Columns;
        var room = new Room(fit.Map, fit.Path, output.IsUtf8);

        // Lines longer than the terminal's are broken by it, and no column within itself.
        console.Profile.Width = fit.Width;

        // The head, a row for each file, and the totals.
        Table table = new Table().Border(output.IsUtf8 ? TableBorder.Simple : TableBorder.None);
        foreach (StatusColumn column in columns)
        {
            TableColumn head = new TableColumn(column.Name).NoWrap();
            if (column.IsFigure) head.RightAligned();
            if (column.Name == StatusColumn.WhereName) head.Width(room.Map);
            table.AddColumn(head);
        }

        if (!layout.HasHeads) table.HideHeaders();
        foreach (FileStatus file in shown)
        {
            AddRow(table, columns, room, "", column =>
                column.Name == StatusColumn.WhereName ? MapOf(file, room) : column.OfFile(file, layout.InBytes));
        }

        AddTotals(table, report, columns, room);
        console.Write(table);

        // Below the table: how many files are left out, the pages of each shown file, and notes.
        if (_files.IsSelection) console.MarkupLineInterpolated($"[grey]{StatusCells.More(_files)}[/]");
        if (report.WithPages)
        {
            foreach (FileStatus file in shown) console.WriteLine(StatusCells.Pages(file));
        }

        foreach (string note in StatusCells.Notes(report)) console.MarkupLineInterpolated($"[grey]{note}[/]");
    }

    /// <summary>The columns that were asked for; otherwise the usual ones, and the map.</summary>
    private IReadOnlyList<StatusColumn> Columns =>
        layout.Asked ?? [.. layout.Columns, StatusColumn.Find(StatusColumn.WhereName)!];

    /// <summary>The longest text that a column of figures will have.</summary>
    private int WidthOf(StatusColumn column, IReadOnlyList<FileStatus> shown, StatusReport report)
    {
        int total = column.OfTotals(report.Totals, layout.InBytes).Length;
        int widest = Math.Max(total, layout.HasHeads ? column.Name.Length : 0);
        return shown.Select(file => column.OfFile(file, layout.InBytes).Length).Append(widest).Max();
    }

    private void AddTotals(Table table, StatusReport report, IReadOnlyList<StatusColumn> columns, Room room)
    {
        for (int i = 0; report.NeedsSubtotals && i < report.Arguments.Count; i++)
        {
            if (!report.IsDirectory(i)) continue;
            StatusTotals part = report.Subtotals[i];
            AddTotal(table, columns, room, "grey", $"{PathText.Name(report.Arguments[i])}, all", part);
        }

        if (report.NeedsTotal)
            AddTotal(table, columns, room, "bold", StatusCells.TotalName(report.Totals), report.Totals);
    }

    private void AddTotal(
        Table table, IReadOnlyList<StatusColumn> columns, Room room, string style, string name, StatusTotals totals) =>
        AddRow(table, columns, room, style, column => column.Name switch
        {
            StatusColumn.PathName => name,
            StatusColumn.WhereName => BarOf(totals, room),
            _ => column.OfTotals(totals, layout.InBytes),
        });

    private static void AddRow(
        Table table, IReadOnlyList<StatusColumn> columns, Room room, string style, Func<StatusColumn, object> cellOf)
    {
        var row = new Spectre.Console.Rendering.IRenderable[columns.Count];
        for (int i = 0; i < row.Length; i++)
        {
            object cell = cellOf(columns[i]);
            row[i] = cell is string text ? TextCell(text, columns[i], room, style) : (Markup)cell;
        }

        table.AddRow(row);
    }

    private static Markup TextCell(string text, StatusColumn column, Room room, string style)
    {
        if (column.Name == StatusColumn.PathName) text = PathText.Shorten(text, room.Path);
        string shown = text == ShareText.Unknown ? "yellow" : style;
        return new Markup(Markup.Escape(text), shown.Length > 0 ? Style.Parse(shown) : null);
    }

    private static Markup MapOf(FileStatus file, Room room) => MapOf(file, room.Map, room.IsUtf8);

    /// <summary>The map of a file. Read now, for the shown files only, since it costs more than the counts.</summary>
    internal static Markup MapOf(FileStatus file, int cells, bool utf8)
    {
        PageMap? map = file.AskForMap();
        if (map is null) return new Markup("unknown", Style.Parse("yellow"));
        return new Markup(Markup.Escape(Bars.Map(map, cells, utf8)), Style.Parse("green on grey15"));
    }

    private static Markup BarOf(StatusTotals totals, Room room)
    {
        if (totals.ResidentPages is not { } resident) return new Markup("unknown", Style.Parse("yellow"));
        (string filled, string rest) = Bars.Bar(resident, totals.Pages, room.Map, room.IsUtf8);
        return new Markup($"[green]{filled}[/][grey]{rest}[/]");
    }

    /// <summary>Cells of the terminal for the two columns that share its width.</summary>
    private readonly record struct Room(int Map, int Path, bool IsUtf8);
}
