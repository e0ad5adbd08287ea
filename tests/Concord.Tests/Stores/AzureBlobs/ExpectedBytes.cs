namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>
/// What each byte of a file may be, and how long it may be: as its user knows it, and as a loss of everything but the
/// store may leave it. Bytes are small numbers; a set of them is a mask.
/// </summary>
internal sealed class ExpectedBytes(int capacity)
{
    private readonly int[] _now = [.. Enumerable.Repeat(1, capacity)], _kept = [.. Enumerable.Repeat(1, capacity)];
    private HashSet<int> _lengths = [0], _keptLengths = [0];

    /// <summary>Bytes were written, or may have been.</summary>
    internal void Write(int offset, int count, byte value, bool isCertain)
    {
        for (int i = offset; i < offset + count; i++)
        {
            _now[i] = isCertain ? 1 << value : _now[i] | 1 << value;
            _kept[i] |= 1 << value;
        }

        int[] grown = [.. _lengths.Select(length => Math.Max(length, offset + count))];
        if (isCertain) _lengths = [.. grown];
        else _lengths.UnionWith(grown);
        _keptLengths.UnionWith(grown);
    }

    /// <summary>A length was set, or may have been.</summary>
    internal void SetLength(int length, bool isCertain)
    {
        for (int i = length; i < _now.Length; i++)
        {
            _now[i] = isCertain ? 1 : _now[i] | 1;
            _kept[i] |= 1;
        }

        if (isCertain) _lengths = [length];
        else _lengths.Add(length);
        _keptLengths.Add(length);
    }

    /// <summary>A flush said that everything is in the store.</summary>
    internal void Flush()
    {
        _now.CopyTo(_kept, 0);
        _keptLengths = [.. _lengths];
    }

    /// <summary>Checks what a user of the file sees.</summary>
    internal void CheckSeen(byte[] content, string when) => Check(content, _now, _lengths, when);

    /// <summary>Checks what is left when everything but the store is lost.</summary>
    internal void CheckKept(byte[] content, string when) => Check(content, _kept, _keptLengths, when);

    private static void Check(byte[] content, int[] expected, HashSet<int> lengths, string when)
    {
        string all = string.Join(", ", lengths);
        Assert.True(lengths.Contains(content.Length), $"{when}: {content.Length} bytes, not {all}");
        // A file that may have been shorter meanwhile has zeros where it grew again.
        int least = lengths.Min();
        for (int i = 0; i < content.Length; i++)
        {
            int mask = expected[i] | (i >= least ? 1 : 0);
            Assert.True((mask >> content[i] & 1) != 0, $"{when}: {content[i]} at {i}, not of {mask:b}");
        }
    }
}
