namespace Concord.Tests.Simulation;

/// <summary>
/// What a store was told, in order, and which of it a loss of power may take away. A good barrier keeps what was
/// accepted before it began. Everything else may be there or not, in any order, torn at 512 bytes. What a failed
/// barrier should have covered stays in doubt for good, whatever later barriers say, until it is written again after
/// the copies of it below the store were dropped: some file systems pass over what is written into a page that failed.
/// </summary>
/// <remarks>Changes of length are ordered among themselves, as in the journal of a file system.</remarks>
internal sealed class CrashLog(byte[] content)
{
    /// <summary>What a disk writes whole or not at all.</summary>
    private const int SectorBytes = 512;

    private readonly List<CrashPiece> _pieces = [];
    private readonly CrashImage _base = new(content);
    private byte[]? _durable;

    // What the cache below the store was seen to have dropped since a barrier failed; what comes again elsewhere does
    // not count.
    private readonly List<ByteRange> _dropped = [];

    /// <summary>How many barriers have failed.</summary>
    internal int FailedBarriers { get; private set; }

    /// <summary>Pieces that may be lost because a barrier failed, and that nothing newer has replaced.</summary>
    internal IEnumerable<CrashPiece> Doubtful => _pieces.Where(static piece => piece.State == CrashState.Doubtful);

    /// <summary>What is there if everything uncertain was lost.</summary>
    internal byte[] Durable => _durable ??= Build([], static _ => false);

    /// <summary>The least length that was set and that no barrier covers yet; bytes behind it may come back.</summary>
    internal long LengthFloor
    {
        get
        {
            long floor = long.MaxValue;
            foreach (var piece in _pieces)
            {
                if (piece.Length is { } length && piece.State != CrashState.Covered) floor = Math.Min(floor, length);
            }

            return floor;
        }
    }

    /// <summary>A write begins: each of its sectors may be there from now on.</summary>
    internal List<CrashPiece> BeginWrite(long offset, IReadOnlyList<ReadOnlyMemory<byte>> run)
    {
        var begun = new List<CrashPiece>();
        foreach (var bytes in run)
        {
            for (int done = 0; done < bytes.Length;)
            {
                int take = Math.Min(bytes.Length - done, SectorBytes - (int)((offset + done) % SectorBytes));
                begun.Add(new CrashPiece(offset + done, bytes.Slice(done, take).ToArray(),
                    Length: null)
                { Counts = Counts(new ByteRange(offset + done, take)) });
                done += take;
            }

            offset += bytes.Length;
        }

        _pieces.AddRange(begun);
        return begun;
    }

    /// <summary>
    /// The cache below the store has dropped what it had of a range: what is written there next counts.
    /// </summary>
    internal void DropCopies(ByteRange range) => _dropped.Add(range.RoundOut(SectorBytes));

    private bool Counts(ByteRange range) => FailedBarriers == 0 || _dropped.Exists(dropped => dropped.Contains(range));

    internal List<CrashPiece> BeginLength(long length)
    {
        var piece = new CrashPiece(0, [], length);
        _pieces.Add(piece);
        return [piece];
    }

    /// <summary>The store accepted pieces; what a barrier failed under meanwhile is in doubt.</summary>
    internal void Accept(IEnumerable<CrashPiece> pieces)
    {
        foreach (var piece in pieces)
        {
            piece.State = piece.Failure > 0 && piece.Length is null ? CrashState.Doubtful : CrashState.Accepted;
        }
    }

    /// <summary>The store did not do these.</summary>
    internal void Refuse(IEnumerable<CrashPiece> pieces)
    {
        foreach (var piece in pieces) _pieces.Remove(piece);
    }

    /// <summary>What a barrier that begins now will cover.</summary>
    internal List<CrashPiece> BeginBarrier() => [.. _pieces.Where(static piece => piece.State == CrashState.Accepted)];

    internal void EndBarrier(List<CrashPiece> covered)
    {
        foreach (var piece in covered)
        {
            if (piece.State != CrashState.Accepted) continue;
            if (!piece.Counts)
            {
                piece.State = CrashState.Doubtful;
                continue;
            }

            piece.State = CrashState.Covered;
            _durable = null;
            if (FailedBarriers == 0) continue;
            int index = _pieces.IndexOf(piece);
            for (int older = index - 1; older >= 0; older--)
            {
                if (_pieces[older].State == CrashState.Doubtful) Replace(older, piece);
            }
        }

        Fold();
    }

    internal void FailBarrier()
    {
        FailedBarriers++;
        _dropped.Clear();
        foreach (var piece in _pieces)
        {
            if (piece.State is CrashState.Covered or CrashState.Doubtful || piece.Length is not null) continue;
            piece.Failure = FailedBarriers;
            if (piece.State == CrashState.Accepted) piece.State = CrashState.Doubtful;
        }
    }

    /// <summary>The owner of the store, or somebody behind the cache's back, put bytes there for good.</summary>
    internal void Force(long offset, byte[] bytes)
    {
        _pieces.Add(new CrashPiece(offset, bytes, Length: null) { State = CrashState.Covered });
        _durable = null;
        Fold();
    }

    /// <summary>
    /// Images that a loss of power now may leave: with every set of what is uncertain, forwards and backwards, if
    /// there are no more sets than samples; otherwise a sample.
    /// </summary>
    internal IEnumerable<byte[]> Images(Random random, int samples)
    {
        CrashPiece[] uncertain = [.. _pieces.Where(static piece => piece.State != CrashState.Covered)];
        if (uncertain.Length < 16 && 1 << uncertain.Length <= samples)
        {
            for (int set = 0; set < 1 << uncertain.Length; set++)
            {
                var kept = uncertain.Where((_, bit) => (set >> bit & 1) != 0).ToArray();
                yield return Build(Late(kept), piece => Array.IndexOf(kept, piece) >= 0);
                if (kept.Length > 1)
                    yield return Build([.. Late(kept).Reverse()], piece => Array.IndexOf(kept, piece) >= 0);
            }

            yield break;
        }

        for (int sample = 0; sample < samples; sample++)
        {
            // Nearly nothing, about half, nearly everything: the corners are where rules break.
            int chance = random.Next(3) switch { 0 => 10, 1 => 50, _ => 90 };
            var kept = uncertain.Where(_ => random.Next(100) < chance).ToHashSet();
            var late = Late([.. kept]);
            random.Shuffle(late);
            yield return Build(late, kept.Contains);
        }
    }

    private static CrashPiece[] Late(CrashPiece[] kept) =>
        [.. kept.Where(static piece => piece.State is CrashState.InFlight or CrashState.Accepted)];

    private byte[] Build(CrashPiece[] late, Func<CrashPiece, bool> isKept)
    {
        var image = new CrashImage(_base.ToArray());
        foreach (var piece in _pieces)
        {
            if (piece.State == CrashState.Covered || (piece.State == CrashState.Doubtful && isKept(piece)))
                image.Put(piece);
        }

        // Lengths keep their order whatever writes do.
        var lengths = new Queue<CrashPiece>(_pieces.Where(piece => piece.Length is not null && late.Contains(piece)));
        foreach (var piece in late) image.Put(piece.Length is null ? piece : lengths.Dequeue());
        return image.ToArray();
    }

    /// <summary>What is durable now stands in the place of something in doubt, or has cut it off.</summary>
    private void Replace(int doubtful, CrashPiece durable)
    {
        var older = _pieces[doubtful];
        if (durable.Contains(older) || durable.Length <= older.Offset) _pieces.RemoveAt(doubtful);
        else if (durable.Length < older.Range.End)
            _pieces[doubtful] = older.CutAt((int)(durable.Length.Value - older.Offset));
    }

    private void Fold()
    {
        int covered = 0;
        while (covered < _pieces.Count && _pieces[covered].State == CrashState.Covered) _base.Put(_pieces[covered++]);
        _pieces.RemoveRange(0, covered);
    }
}
