namespace Concord.Cli.Status;

/// <summary>Which figures are shown, in which form and order.</summary>
internal sealed record StatusLayout
{
    private static readonly string[] Usual = [StatusColumn.PathName, "size", "resident", "dirty", "share"];

    /// <summary>The columns that were asked for; null for the usual ones.</summary>
    internal IReadOnlyList<StatusColumn>? Asked { get; init; }

    internal IReadOnlyList<StatusColumn> Columns => Asked ?? [.. Usual.Select(static name => StatusColumn.Find(name)!)];

    /// <summary>The column that files are sorted by; null for none.</summary>
    internal StatusColumn? SortedBy { get; init; }

    /// <summary>Whether the order is turned round.</summary>
    internal bool IsReversed { get; init; }

    /// <summary>Whether sizes are shown in bytes.</summary>
    internal bool InBytes { get; init; }

    /// <summary>Whether the names of the columns are shown above them.</summary>
    internal bool HasHeads { get; init; } = true;

    /// <summary>Whether the map of each file is needed.</summary>
    internal bool NeedsMaps => Asked?.Any(static column => column.Name == StatusColumn.WhereName) == true;

    /// <summary>The heads of the columns, as a plain table takes them.</summary>
    internal string[] Heads => [.. Columns.Select(static column =>
        (column.IsFigure ? ">" : "") + column.Name.ToUpperInvariant())];

    /// <summary>The order that was asked for; null for none.</summary>
    internal Comparison<FileStatus>? Order
    {
        get
        {
            if (SortedBy is not { } column) return null;
            return column.Order is { } figure
                ? (a, b) => Turned(figure(b).CompareTo(figure(a)))
                : (a, b) => Turned(string.CompareOrdinal(a.OpenedAs, b.OpenedAs));
        }
    }

    internal string[] Of(FileStatus file) => [.. Columns.Select(column => column.OfFile(file, InBytes))];

    /// <summary>The row of sums; its name stands in the first column where the path is not shown.</summary>
    internal string[] Of(string name, StatusTotals totals)
    {
        string[] cells = [.. Columns.Select(column => column.OfTotals(totals, InBytes))];
        for (int i = 0; i < cells.Length; i++)
        {
            if (Columns[i].Name == StatusColumn.PathName) cells[i] = name;
        }

        return cells;
    }

    /// <summary>Reads names of columns, divided by commas.</summary>
    internal static bool TryColumns(string text, out IReadOnlyList<StatusColumn> columns, out string? fault)
    {
        List<StatusColumn> found = [];
        columns = found;
        fault = null;
        foreach (string name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (StatusColumn.Find(name) is { } column)
            {
                found.Add(column);
                continue;
            }

            fault = $"has no column '{name}'; there are {StatusColumn.Names}";
            return false;
        }

        return true;
    }

    private int Turned(int order) => IsReversed ? -order : order;
}
