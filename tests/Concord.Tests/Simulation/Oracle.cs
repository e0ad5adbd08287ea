namespace Concord.Tests.Simulation;

/// <summary>
/// Knows for each byte of a file what a read may show now, and what a loss of power now may leave. Every write has
/// a value of its own, 1 to 61, so that what may be seen of a byte is a set of 64 bits; 0 stands for zeros, 62 for
/// what the file held at first, 63 for "the file ends before".
/// </summary>
internal sealed class Oracle
{
    internal const byte First = 62;
    private const int EndOfFile = 63;
    private const ulong Zero = 1, Beyond = 1UL << EndOfFile;

    private readonly PieceMap _mayRemain;
    private readonly List<Change> _changes = [];
    private readonly List<Watch> _watches = [];
    private readonly PieceMap _mayShow;
    private int _writes;

    internal Oracle(int bytesMax, int length)
    {
        _mayShow = new PieceMap(bytesMax, Beyond);
        _mayShow.Update(0, length, static _ => 1UL << First);
        _mayRemain = _mayShow.Copy();
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

    /// <summary>
    /// A change has ended well: only its value is seen from now on, and those of changes that overlapped it in time.
    /// </summary>
    internal void End(IReadOnlyList<Change> changes)
    {
        foreach (var change in changes)
        {
            _changes.Remove(change);
            _mayShow.Update(change.Start, change.Stop, _ => change.Final | change.Rivals);
            Length = change.SetsLength ?? Math.Max(Length, change.Stop);
        }
    }

    /// <summary>A change has failed: any part of it may be there.</summary>
    internal void Fail(IReadOnlyList<Change> changes, long length)
    {
        foreach (var change in changes) _changes.Remove(change);
        if (_changes.Count > 0) return;

        // What lies before the end is there, if only as zeros; what lies behind it is not.
        Length = (int)length;
        _mayShow.Update(Length, BytesMax, static _ => Beyond);
        _mayShow.Update(0, Length, static set => (set & Beyond) == 0 ? set : (set & ~Beyond) | Zero);
    }

    /// <summary>A change has failed and, as promised, changed nothing.</summary>
    internal void Undo(IReadOnlyList<Change> changes, PieceMap before)
    {
        foreach (var change in changes)
        {
            _changes.Remove(change);
            _mayShow.Update(change.Start, change.Stop, before, (_, old) => old | change.Rivals);
        }
    }

    internal PieceMap Snapshot() => _mayShow.Copy();

    /// <summary>Somebody begins to look at a range, by a read or a flush.</summary>
    internal Watch Begin(ByteRange range)
    {
        var watch = new Watch(range.Intersect(new ByteRange(0, BytesMax)), _mayShow.Copy());
        _watches.Add(watch);
        return watch;
    }

    /// <summary>Who looked has finished, well or not.</summary>
    internal void Forget(Watch watch) => _watches.Remove(watch);

    /// <summary>Checks what a read returned against all it may have seen since it began.</summary>
    internal static void CheckRead(Watch read, ReadOnlySpan<byte> bytes)
    {
        int wrong = read.Seen.FirstWrong((int)read.Range.Offset, (int)read.Range.End, bytes);
        if (wrong >= 0)
            throw Wrong("a read", wrong, wrong - (int)read.Range.Offset < bytes.Length
                ? bytes[wrong - (int)read.Range.Offset] : EndOfFile, read.Seen[wrong]);
    }

    /// <summary>A flush has ended well: of its range nothing older than its beginning may remain.</summary>
    /// <param name="flush">The flush.</param>
    /// <param name="doubted">Uncached writes in doubt since a failed barrier, which somebody was told of.</param>
    internal void EndFlush(Watch flush, IEnumerable<ByteRange> doubted)
    {
        foreach (var range in doubted)
        {
            flush.Seen.Update((int)range.Offset, (int)range.End, _mayRemain, static (seen, old) => seen | old);
        }

        _mayRemain.Update((int)flush.Range.Offset, (int)flush.Range.End, flush.Seen, static (_, seen) => seen);
    }

    internal bool MayShow(int at, int value) => value < 64 && (_mayShow[at] >> value & 1) != 0;

    /// <summary>Checks what a loss of power left.</summary>
    internal void CheckImage(byte[] image) => Check(_mayRemain, image, "an image after a loss of power");

    /// <summary>Checks that a file's bytes are what was written.</summary>
    internal void CheckContent(ReadOnlySpan<byte> content, string what) => Check(_mayShow, content, what);

    private static void Check(PieceMap may, ReadOnlySpan<byte> content, string what)
    {
        int wrong = may.FirstWrong(0, may.Length, content);
        if (wrong >= 0) throw Wrong(what, wrong, wrong < content.Length ? content[wrong] : EndOfFile, may[wrong]);
        if (content.Length > may.Length) throw Wrong(what, may.Length, content[may.Length], Beyond);
    }

    private static SimulationException Wrong(string what, long at, int value, ulong may) =>
        new($"{what} shows {Name(value)} at {at}; it may show "
            + $"{string.Join(" or ", Enumerable.Range(0, 64).Where(bit => (may >> bit & 1) != 0).Select(Name))}");

    private static string Name(int value) => value switch
    {
        0 => "zero",
        First => "the first content",
        EndOfFile => "the end of the file",
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
        _mayShow.Update(change.Start, change.Stop, set => set | change.Bits);
        _mayRemain.Update(change.Start, change.Stop, set => set | change.Bits);

        // A torn write beyond the end may leave zeros before it.
        _mayRemain.Update(Math.Max(change.Start, Length), change.Stop, static set => set | Zero);
        foreach (var watch in _watches)
        {
            watch.Seen.Update(change.Start, change.Stop, set => set | change.Bits);
            watch.Seen.Update(Math.Max(change.Start, Length), change.Stop, static set => set | Zero);
        }

        return change;
    }

    /// <summary>One change of some bytes, from its call to its return.</summary>
    internal sealed class Change(int start, int stop, ulong bits, ulong final)
    {
        internal int Start { get; } = start;

        internal int Stop { get; } = stop;

        /// <summary>What may be seen while it lasts.</summary>
        internal ulong Bits { get; } = bits;

        /// <summary>What is seen when it has ended.</summary>
        internal ulong Final { get; } = final;

        /// <summary>What changes that overlapped it in place and time may have left.</summary>
        internal ulong Rivals { get; set; }

        internal int? SetsLength { get; init; }
    }

    /// <summary>What may be seen of a range since somebody began to look.</summary>
    internal sealed record Watch(ByteRange Range, PieceMap Seen);
}
