using System.Numerics;

namespace Concord.Tests.Simulation;

/// <summary>A set of up to 64 values for each byte of a file, kept as runs of bytes with one set.</summary>
internal sealed class PieceMap
{
    private readonly List<int> _starts;
    private readonly List<ulong> _sets;

    internal PieceMap(int length, ulong set)
    {
        Length = length;
        (_starts, _sets) = ([0], [set]);
    }

    private PieceMap(PieceMap other)
    {
        Length = other.Length;
        (_starts, _sets) = ([.. other._starts], [.. other._sets]);
    }

    internal int Length { get; }

    internal ulong this[int at] => _sets[IndexOf(at)];

    internal PieceMap Copy() => new(this);

    /// <summary>Gives the bytes [start, stop) the sets that <paramref name="change"/> makes of the old ones.</summary>
    internal void Update(int start, int stop, Func<ulong, ulong> change)
    {
        (start, stop) = (Math.Max(0, start), Math.Min(stop, Length));
        if (start >= stop) return;
        int first = Split(start), last = stop == Length ? _starts.Count : Split(stop);
        for (int i = first; i < last; i++) _sets[i] = change(_sets[i]);
    }

    /// <summary>Gives the bytes [start, stop) sets that depend on another map's.</summary>
    internal void Update(int start, int stop, PieceMap other, Func<ulong, ulong, ulong> change)
    {
        foreach (var (from, to, set) in other.Pieces(start, stop)) Update(from, to, old => change(old, set));
    }

    /// <summary>The runs that meet [start, stop), cut to it.</summary>
    internal IEnumerable<(int Start, int Stop, ulong Set)> Pieces(int start, int stop)
    {
        (start, stop) = (Math.Max(0, start), Math.Min(stop, Length));
        if (start >= stop) yield break;
        for (int i = IndexOf(start); i < _starts.Count && _starts[i] < stop; i++)
        {
            int end = i + 1 < _starts.Count ? _starts[i + 1] : Length;
            yield return (Math.Max(start, _starts[i]), Math.Min(stop, end), _sets[i]);
        }
    }

    /// <summary>The first byte that is not in its set, or -1. Bytes behind the content's end count as 63.</summary>
    internal int FirstWrong(int start, int stop, ReadOnlySpan<byte> content)
    {
        (start, stop) = (Math.Max(0, start), Math.Min(stop, Length));
        if (start >= stop) return -1;
        for (int i = IndexOf(start); i < _starts.Count && _starts[i] < stop; i++)
        {
            int from = Math.Max(start, _starts[i]);
            int to = Math.Min(stop, i + 1 < _starts.Count ? _starts[i + 1] : Length);
            int there = Math.Clamp(start + content.Length, from, to);
            int wrong = there > from ? FirstOutside(content[(from - start)..(there - start)], _sets[i]) : -1;
            if (wrong >= 0) return from + wrong;
            if (there < to && (_sets[i] >> 63) == 0) return there;
        }

        return -1;
    }

    private static int FirstOutside(ReadOnlySpan<byte> bytes, ulong set)
    {
        if (BitOperations.PopCount(set) == 1) return bytes.IndexOfAnyExcept((byte)BitOperations.TrailingZeroCount(set));
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] > 62 || (set >> bytes[i] & 1) == 0) return i;
        }

        return -1;
    }

    private int IndexOf(int at)
    {
        int found = _starts.BinarySearch(at);
        return found >= 0 ? found : ~found - 1;
    }

    private int Split(int at)
    {
        int found = _starts.BinarySearch(at);
        if (found >= 0) return found;
        _starts.Insert(~found, at);
        _sets.Insert(~found, _sets[~found - 1]);
        return ~found;
    }
}
