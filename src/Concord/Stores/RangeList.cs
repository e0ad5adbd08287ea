namespace Concord.Stores;

/// <summary>
/// A bounded list of byte ranges; ranges that touch are merged. See <see cref="RangesMax"/>.
/// </summary>
internal sealed class RangeList
{
    /// <summary>
    /// A list of more ranges becomes one range that covers them all: flushing some lines too many costs less than
    /// searching a long list, and the list stays bounded.
    /// </summary>
    internal const int RangesMax = 256;

    // In ascending order, and no two touch.
    private readonly List<ByteRange> _ranges = [];

    internal void Add(ByteRange range)
    {
        if (range.IsEmpty) return;
        int first = _ranges.FindIndex(other => other.End >= range.Offset);
        if (first < 0) first = _ranges.Count;
        int end = first;
        for (; end < _ranges.Count && _ranges[end].Offset <= range.End; end++) range = Cover(range, _ranges[end]);
        _ranges.RemoveRange(first, end - first);
        _ranges.Insert(first, range);
        if (_ranges.Count <= RangesMax) return;
        var all = Cover(_ranges[0], _ranges[^1]);
        _ranges.Clear();
        _ranges.Add(all);
    }

    /// <summary>How many ranges there are.</summary>
    internal int Count => _ranges.Count;

    /// <summary>Whether every byte of a range lies in one of them.</summary>
    internal bool Contains(ByteRange range) => _ranges.Exists(other => other.Contains(range));

    /// <summary>Takes all ranges out.</summary>
    internal IReadOnlyList<ByteRange> Take()
    {
        ByteRange[] taken = [.. _ranges];
        _ranges.Clear();
        return taken;
    }

    private static ByteRange Cover(ByteRange a, ByteRange b) =>
        ByteRange.FromBounds(Math.Min(a.Offset, b.Offset), Math.Max(a.End, b.End));
}
