using System.Globalization;
using Concord.Cli.Interop;
using Concord.Cli.Rendering;
using Concord.Cli.Running;
using Concord.Cli.Status;
using Concord.Cli.Text;
using Spectre.Console;

namespace Concord.Cli.Watching;

/// <summary>Looks on a terminal, redrawn in place, with keys.</summary>
internal sealed class WatchScreen(Run run, Watcher watcher)
{
    /// <summary>Rows that the heads, the sums, the notes and the help take.</summary>
    private const int OtherRows = 8;

    private const int MapCellsMax = 48, MapCellsMin = 8, PathCellsMin = 16;

    /// <summary>Cells beside the path, and at the edge.</summary>
    private const int GapCells = 4;

    private const string Resident = "resident", Dirty = "dirty", Share = "share", Rate = "change";

    /// <summary>The figures, and the cells that each and its gap take.</summary>
    private static readonly (string Name, int Cells)[] Figures =
        [(Resident, 13), (Dirty, 13), (Share, 10), (Rate, 16)];

    /// <summary>What is left out where there is no room, in this order.</summary>
    private static readonly string[] LeastTelling = [Dirty, Rate, Resident];

    private static readonly TimeSpan IntervalMin = TimeSpan.FromSeconds(0.1), IntervalMax = TimeSpan.FromMinutes(1);
    private static readonly string[] Orders = ["", "resident", "dirty", "share", StatusColumn.PathName];

    private readonly IAnsiConsole _console = Screen.Open(run.Output);
    private int _order;
    private bool _isPaused;
    private bool _isEnding;

    /// <summary>Whether the terminal can be drawn on; on others lines have to do.</summary>
    internal bool CanDraw => _console.Profile.Capabilities is { Ansi: true, AlternateBuffer: true };

    /// <summary>Draws until a key, a request, or the number of looks ends it.</summary>
    /// <returns>The last look.</returns>
    internal Look Run(TimeSpan interval, int? looks)
    {
        using var keys = new KeyReader();
        Look look = watcher.Take(order: null);
        _console.AlternateScreen(() => _console.Live(Draw(look, interval)).Start(context =>
        {
            int taken = 1;
            while (!_isEnding && !run.Interruption.IsRequested && taken != looks)
            {
                bool isPressed = Await(keys, ref interval);
                if (_isEnding || run.Interruption.IsRequested) break;
                if (!isPressed && !_isPaused)
                {
                    look = watcher.Take(Order);
                    taken++;
                }

                context.UpdateTarget(Draw(look, interval));
                context.Refresh();
            }
        }));
        _console.Cursor.Show();
        run.Output.Flush();
        return look;
    }

    private Comparison<FileStatus>? Order => _order == 0
        ? null
        : new StatusLayout { SortedBy = StatusColumn.Find(Orders[_order]) }.Order;

    /// <summary>Waits for the interval to pass, or for a key, which it obeys; whether one was pressed.</summary>
    private bool Await(KeyReader keys, ref TimeSpan interval)
    {
        switch (keys.Read(interval, run.Interruption.Token))
        {
            case null:
                return false;
            case 'q' or '\u001b':
                _isEnding = true;
                return true;
            case ' ':
                _isPaused = !_isPaused;
                return true;
            case 's':
                _order = (_order + 1) % Orders.Length;
                return true;
            case '+':
                if (interval > IntervalMin) interval /= 2;
                return true;
            case '-':
                if (interval < IntervalMax) interval *= 2;
                return true;
            default:
                return true;
        }
    }

    private Table Draw(Look look, TimeSpan interval)
    {
        (int columns, int rows) = (_console.Profile.Width, _console.Profile.Height);
        (string Name, int Cells)[] figures = Fitting(columns);
        int free = Math.Max(columns - GapCells - figures.Sum(static figure => figure.Cells), PathCellsMin);
        bool hasMap = free >= PathCellsMin + MapCellsMin + GapCells;
        if (hasMap) free -= GapCells;
        int mapCells = hasMap ? Math.Clamp(free / 2, MapCellsMin, MapCellsMax) : 0, pathCells = free - mapCells;

        Table table = new Table().Border(run.Output.IsUtf8 ? TableBorder.Simple : TableBorder.None);
        table.AddColumn(new TableColumn("path").NoWrap());
        foreach ((string name, _) in figures) table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        if (hasMap) table.AddColumn(new TableColumn("where").Width(mapCells).NoWrap());

        int room = Math.Max(1, rows - OtherRows);
        foreach ((FileStatus file, Change change) in look.Shown.Take(room))
        {
            Markup path = Cell(PathText.Shorten(file.ShownPath, pathCells));
            IEnumerable<Markup> cells = figures.Select(figure => figure.Name switch
            {
                Resident => Cell(Size(file.ResidentPages * file.PageSize)),
                Dirty => Cell(Size(file.DirtyPages * file.PageSize)),
                Share => Cell(ShareText.Format(file.ResidentPages, file.Pages)),
                _ => Changed(change),
            });
            table.AddRow(hasMap ? [path, .. cells, StatusTable.MapOf(file, mapCells, run.Output.IsUtf8)]
                : [path, .. cells]);
        }

        IEnumerable<Markup> sums = figures.Select(figure => figure.Name switch
        {
            Resident => Cell(Size(look.Totals.ResidentBytes), "bold"),
            Dirty => Cell(Size(look.Totals.DirtyBytes), "bold"),
            Share => Cell(ShareText.Format(look.Totals.ResidentPages, look.Totals.Pages), "bold"),
            _ => Changed(look.Change),
        });
        table.AddRow([Cell(PathText.Shorten(StatusCells.TotalName(look.Totals), pathCells), "bold"), .. sums]);
        table.Caption(Markup.Escape(Note(look, room, interval)));
        return table;
    }

    /// <summary>The figures that there is room for beside a path.</summary>
    private static (string Name, int Cells)[] Fitting(int columns)
    {
        List<(string Name, int Cells)> fitting = [.. Figures];
        foreach (string name in LeastTelling)
        {
            if (fitting.Sum(static figure => figure.Cells) + GapCells + PathCellsMin <= columns) break;
            fitting.RemoveAll(figure => figure.Name == name);
        }

        return [.. fitting];
    }

    private string Note(Look look, int room, TimeSpan interval)
    {
        long left = look.Left + Math.Max(0, look.Shown.Count - room);
        string time = look.Time.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture);
        string more = left > 0 ? $", {CountText.Of(left, "file")} more" : "";
        string failed = look.FailedFiles > 0 ? $", {CountText.Of(look.FailedFiles, "file")} cannot be asked" : "";
        string order = _order == 0 ? "" : $", by {Orders[_order]}";
        string pace = _isPaused ? "paused" : $"every {CountText.Seconds(interval.TotalSeconds)}";
        return $"{time}, {pace}{order}{more}{failed}    q ends, space pauses, s sorts, + faster, - slower";
    }

    private static string Size(long? bytes) => bytes is { } known ? SizeText.Format(known) : ShareText.Unknown;

    private static Markup Changed(Change change) =>
        Cell(ChangeText.Of(change.Resident), change.Resident switch { > 0 => "green", < 0 => "red", _ => "" });

    private static Markup Cell(string text, string style = "") =>
        new(Markup.Escape(text), style.Length > 0 ? Style.Parse(style) : null);
}
