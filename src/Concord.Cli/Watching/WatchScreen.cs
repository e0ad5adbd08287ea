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

    private const int FigureCells = 52, MapCellsMax = 48, MapCellsMin = 8, PathCellsMin = 16;

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
        int free = Math.Max(columns - FigureCells, PathCellsMin + MapCellsMin);
        int mapCells = Math.Clamp(free / 2, MapCellsMin, MapCellsMax), pathCells = free - mapCells;

        Table table = new Table().Border(run.Output.IsUtf8 ? TableBorder.Simple : TableBorder.None);
        table.AddColumn(new TableColumn("path").NoWrap());
        foreach (string name in (ReadOnlySpan<string>)["resident", "dirty", "share", "change"])
            table.AddColumn(new TableColumn(name).RightAligned().NoWrap());
        table.AddColumn(new TableColumn("where").Width(mapCells).NoWrap());

        int room = Math.Max(1, rows - OtherRows);
        foreach ((FileStatus file, Change change) in look.Shown.Take(room))
        {
            table.AddRow(
                Cell(PathText.Shorten(file.ShownPath, pathCells)),
                Cell(Size(file.ResidentPages * file.PageSize)), Cell(Size(file.DirtyPages * file.PageSize)),
                Cell(ShareText.Format(file.ResidentPages, file.Pages)), Changed(change),
                StatusTable.MapOf(file, mapCells, run.Output.IsUtf8));
        }

        table.AddRow(
            Cell(StatusCells.TotalName(look.Totals), "bold"), Cell(Size(look.Totals.ResidentBytes), "bold"),
            Cell(Size(look.Totals.DirtyBytes), "bold"),
            Cell(ShareText.Format(look.Totals.ResidentPages, look.Totals.Pages), "bold"), Changed(look.Change),
            Cell(""));
        table.Caption(Markup.Escape(Note(look, room, interval)));
        return table;
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
