namespace Concord.Cli.Rendering;

/// <summary>An aligned table of plain text: no colours, no frame, one line a row.</summary>
internal sealed class PlainTable
{
    private const string Gap = "  ";

    private readonly string[] _head;
    private readonly bool[] _right;
    private readonly List<string[]> _rows = [];

    /// <param name="columns">
    /// The heads; one that begins with <c>&gt;</c> is of a column of figures, aligned to the right.
    /// </param>
    internal PlainTable(params string[] columns)
    {
        _head = new string[columns.Length];
        _right = new bool[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            _right[i] = columns[i].StartsWith('>');
            _head[i] = columns[i].TrimStart('>');
        }
    }

    /// <summary>Whether the heads are written.</summary>
    internal bool HasHead { get; init; } = true;

    internal void Add(params string[] cells) => _rows.Add(cells);

    internal void Write(TextWriter writer)
    {
        var widths = new int[_head.Length];
        if (HasHead) Measure(widths, _head);
        foreach (string[] row in _rows) Measure(widths, row);
        if (HasHead) WriteRow(writer, widths, _head);
        foreach (string[] row in _rows) WriteRow(writer, widths, row);
    }

    private static void Measure(int[] widths, string[] row)
    {
        for (int i = 0; i < row.Length; i++) widths[i] = Math.Max(widths[i], row[i].Length);
    }

    private void WriteRow(TextWriter writer, int[] widths, string[] row)
    {
        // Write nothing behind the last cell with text, so that no line ends in blanks.
        int last = Array.FindLastIndex(row, static cell => cell.Length > 0);
        for (int i = 0; i <= last; i++)
        {
            if (i > 0) writer.Write(Gap);
            int missing = widths[i] - row[i].Length;
            if (_right[i]) Blanks.Write(writer, missing);
            writer.Write(row[i]);
            if (!_right[i] && i < last) Blanks.Write(writer, missing);
        }

        writer.WriteLine();
    }
}
