namespace Concord.Tests.Simulation;

/// <summary>
/// Knows for each byte of a file what a read may show now, and what a loss of power now may leave. Every write has
/// a value of its own, 1 to 61, so that a set of values is one 64-bit mask; 0 stands for zeros, 62 for what the file
/// held at first, 63 for "the file ends before".
/// </summary>
internal sealed class Oracle
{
    internal const byte First = 62;
    private const ulong Zero = 1, Beyond = 1UL << 63;

    private readonly ulong[] _mayShow;
    private readonly ulong[] _mayRemain;
    private readonly List<Change> _changes = [];
    private readonly List<Watch> _reads = [];
    private readonly List<Watch> _flushes = [];
    private int _writes;

    internal Oracle(int bytesMax, int length)
    {
        _mayShow = new ulong[bytesMax];
        _mayRemain = new ulong[bytesMax];
        Array.Fill(_mayShow, Beyond);
        Array.Fill(_mayShow, 1UL << First, 0, length);
        _mayShow.CopyTo(_mayRemain, 0);
        Length = length;
    }

    /// <summary>The length, once every change of it has ended.</summary>
    internal int Length { get; private set; }

    internal int BytesMax => _mayShow.Length;

    /// <summary>The value of the next write.</summary>
    internal byte NextValue() => (byte)(1 + _writes++ % (First - 1));

    internal IReadOnlyList<Change> BeginWrite(long offset, int length, byte value)
    {
        var changes = new List<Change>(2);
        if (length > 0 && offset > Length) changes.Add(Begin(new Change(Length, (int)offset, Zero, Zero)));
        if (length > 0) changes.Add(Begin(new Change((int)offset, (int)offset + length, 1UL << value, 1UL << value)));
        return changes;
    }

    internal IReadOnlyList<Change> BeginLength(int length)
    {
        var changes = new List<Change>(2);
        if (length > Length) changes.Add(Begin(new Change(Length, length, Zero, Zero)));
        changes.Add(Begin(new Change(length, BytesMax, Zero | Beyond, Beyond) { SetsLength = length }));
        return changes;
    }

    /// <summary>A change has ended well: only its value is seen from now on, and those of changes that overlapped it in time.</summary>
    internal void End(IReadOnlyList<Change> changes)
    {
        foreach (var change in changes)
        {
            _changes.Remove(change);
            for (int at = change.Start; at < change.Stop; at++) _mayShow[at] = change.Final | change.Rivals;
            Length = change.SetsLength ?? Math.Max(Length, change.Stop);
        }
    }

    /// <summary>A change has failed: any part of it may be there.</summary>
    internal void Fail(IReadOnlyList<Change> changes, long length)
    {
        foreach (var change in changes) _changes.Remove(change);
        if (_changes.Count == 0) Settle((int)length);
    }

    /// <summary>A change has failed and, as promised, changed nothing.</summary>
    internal void Undo(IReadOnlyList<Change> changes, ulong[] before)
    {
        foreach (var change in changes)
        {
            _changes.Remove(change);
            for (int at = change.Start; at < change.Stop; at++) _mayShow[at] = before[at] | change.Rivals;
        }
    }

    internal ulong[] Snapshot() => [.. _mayShow];

    internal Watch BeginRead(ByteRange range) => Begin(range, _reads);

    /// <summary>Checks what a read returned against all it may have seen since it began.</summary>
    internal void EndRead(Watch read, ReadOnlySpan<byte> bytes)
    {
        _reads.Remove(read);
        for (int i = 0; i < bytes.Length; i++)
        {
            if ((read.Seen[i] >> bytes[i] & 1) == 0) throw Wrong("a read", read.Range.Offset + i, bytes[i], read.Seen[i]);
        }

        if (bytes.Length < read.Seen.Length && (read.Seen[bytes.Length] & Beyond) == 0)
        {
            throw Wrong("a read", read.Range.Offset + bytes.Length, 63, read.Seen[bytes.Length]);
        }
    }

    internal Watch BeginFlush(ByteRange range) => Begin(range, _flushes);

    /// <summary>A flush has ended well: of its range nothing older than its beginning may remain.</summary>
    /// <param name="flush">The flush.</param>
    /// <param name="doubted">Uncached writes in doubt since a failed barrier, which somebody was told of.</param>
    internal void EndFlush(Watch flush, IEnumerable<ByteRange> doubted)
    {
        _flushes.Remove(flush);
        foreach (var range in doubted.Select(flush.Range.Intersect))
        {
            for (long at = range.Offset; at < range.End; at++) flush.Seen[at - flush.Range.Offset] |= _mayRemain[at];
        }

        flush.Seen.CopyTo(_mayRemain.AsSpan((int)flush.Range.Offset));
    }

    internal void Forget(Watch watch)
    {
        _reads.Remove(watch);
        _flushes.Remove(watch);
    }

    internal bool MayShow(int at, int value) => (_mayShow[at] >> value & 1) != 0;

    /// <summary>Checks what a loss of power left.</summary>
    internal void CheckImage(byte[] image)
    {
        for (int at = 0; at < _mayRemain.Length; at++)
        {
            int value = at < image.Length ? image[at] : 63;
            if ((_mayRemain[at] >> value & 1) == 0) throw Wrong("an image after a loss of power", at, value, _mayRemain[at]);
        }
    }

    /// <summary>Checks that a file's bytes are what was written.</summary>
    internal void CheckContent(ReadOnlySpan<byte> content, string what)
    {
        for (int at = 0; at < _mayShow.Length; at++)
        {
            int value = at < content.Length ? content[at] : 63;
            if ((_mayShow[at] >> value & 1) == 0) throw Wrong(what, at, value, _mayShow[at]);
        }
    }

    private static SimulationException Wrong(string what, long at, int value, ulong may) =>
        new($"{what} shows {Name(value)} at {at}; it may show {string.Join(" or ", Enumerable.Range(0, 64).Where(bit => (may >> bit & 1) != 0).Select(Name))}");

    private static string Name(int value) => value switch
    {
        0 => "zero",
        First => "the first content",
        63 => "the end of the file",
        _ => $"write {value}",
    };

    private Change Begin(Change change)
    {
        foreach (var other in _changes)
        {
            if (Math.Max(other.Start, change.Start) >= Math.Min(other.Stop, change.Stop)) continue;
            other.Rivals |= change.Bits;
            change.Rivals |= other.Bits;
        }

        _changes.Add(change);

        // A torn write beyond the end may leave zeros before it.
        ulong zeros = change.Stop > Length ? Zero : 0;
        for (int at = change.Start; at < change.Stop; at++)
        {
            _mayShow[at] |= change.Bits;
            _mayRemain[at] |= change.Bits | (at >= Length ? zeros : 0);
        }

        foreach (var watch in _reads.Concat(_flushes)) watch.Add(change.Start, change.Stop, change.Bits | zeros);
        return change;
    }

    private Watch Begin(ByteRange range, List<Watch> watches)
    {
        range = range.Intersect(new ByteRange(0, BytesMax));
        var watch = new Watch(range, _mayShow.AsSpan((int)range.Offset, (int)range.Length).ToArray());
        watches.Add(watch);
        return watch;
    }

    private void Settle(int length)
    {
        Length = length;
        for (int at = 0; at < BytesMax; at++)
        {
            // What lies before the end is there, if only as zeros; what lies behind it is not.
            if (at >= length) _mayShow[at] = Beyond;
            else if ((_mayShow[at] & Beyond) != 0) _mayShow[at] = (_mayShow[at] & ~Beyond) | Zero;
        }
    }

    /// <summary>One change of some bytes, from its call to its return.</summary>
    internal sealed record Change(int Start, int Stop, ulong Bits, ulong Final)
    {
        internal ulong Rivals { get; set; }

        internal int? SetsLength { get; init; }
    }

    /// <summary>What may be seen of a range since somebody began to look.</summary>
    internal sealed record Watch(ByteRange Range, ulong[] Seen)
    {
        internal void Add(int start, int stop, ulong bits)
        {
            for (int at = Math.Max(start, (int)Range.Offset); at < Math.Min(stop, (int)Range.End); at++)
            {
                Seen[at - (int)Range.Offset] |= bits;
            }
        }
    }
}
