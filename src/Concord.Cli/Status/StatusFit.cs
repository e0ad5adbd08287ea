namespace Concord.Cli.Status;

/// <summary>
/// Which columns of the status a terminal has room for, and how wide those two are that share what is left. Columns
/// that were asked for are never left out; where they have no room, the terminal breaks their lines.
/// </summary>
/// <param name="Columns">The columns.</param>
/// <param name="Width">The cells that they take, at least those of the terminal.</param>
/// <param name="Path">Cells for the path.</param>
/// <param name="Map">Cells for the map; 0 where it has no column.</param>
internal sealed record StatusFit(IReadOnlyList<StatusColumn> Columns, int Width, int Path, int Map)
{
    /// <summary>Cells that stand beside each column, and at the edge.</summary>
    private const int Gap = 3, Edge = 1;

    private const int PathMin = 16, MapMin = 8, MapMax = 32;

    /// <summary>What is left out where there is no room, in this order.</summary>
    private static readonly string[] LeastTelling = [StatusColumn.WhereName, "dirty", "resident", "size"];

    /// <param name="columns">The columns that there may be.</param>
    /// <param name="areAsked">Whether the user asked for just these.</param>
    /// <param name="terminal">Cells of a line of the terminal.</param>
    /// <param name="widthOf">The longest text of a column of figures.</param>
    internal static StatusFit Of(
        IReadOnlyList<StatusColumn> columns, bool areAsked, int terminal, Func<StatusColumn, int> widthOf)
    {
        List<StatusColumn> fitting = [.. columns];
        for (int i = 0; !areAsked && i < LeastTelling.Length && Needed() > terminal; i++)
            fitting.RemoveAll(column => column.Name == LeastTelling[i]);

        // Share what is left between the path and the map.
        int width = Math.Max(terminal, Needed());
        int free = width - Needed() + PathMin + (HasMap() ? MapMin : 0);
        int map = HasMap() ? Math.Clamp(free / 3, MapMin, MapMax) : 0;
        return new StatusFit(fitting, width, free - map, map);

        bool HasMap() => fitting.Exists(static column => column.Name == StatusColumn.WhereName);

        int Needed() => Edge + fitting.Sum(column => Gap + CellsOf(column));

        int CellsOf(StatusColumn column) => column.Name switch
        {
            StatusColumn.PathName => PathMin,
            StatusColumn.WhereName => MapMin,
            _ => widthOf(column),
        };
    }
}
