namespace Concord.Tests.Stores;

/// <summary>
/// Faults of calls beside each other, each of which comes about for certain: whoever writes two pieces, as the checks
/// of calls beside each other do, waits for the one beside him that it takes.
/// </summary>
internal sealed partial class BrokenStore
{
    private const int SectorBytes = 512;

    private readonly ManualResetEventSlim _twoInside = new(), _lost = new(), _overtaken = new(),
        _neighbourWrote = new(), _writtenBack = new();
    private int _inside;
    private long _firstEnd;
    private ByteRange? _firstSectors;
    private volatile bool _isChanging;

    /// <summary>Whether a write is one of those that come to nothing.</summary>
    private bool IsLostBesideOthers(int pieces)
    {
        if (fault == "loses writes beside a length" && _isChanging)
        {
            _lost.Set();
            return true;
        }

        // The first write of two pieces waits for a second one beside it, which is lost.
        if (fault != "loses concurrent writes" || pieces != 2) return false;
        if (Interlocked.Increment(ref _inside) == 1)
        {
            _twoInside.Wait();
            return false;
        }

        _twoInside.Set();
        return true;
    }

    private void LoseOneWrite()
    {
        if (fault != "loses writes beside a length") return;
        _isChanging = true;
        _lost.Wait();
        _isChanging = false;
    }

    /// <summary>
    /// The first write takes the sectors that it meets, and puts them back when its neighbour has written.
    /// </summary>
    private IReadOnlyList<ReadOnlyMemory<byte>> WithSectorsAround(
        ref long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        var mine = new ByteRange(offset, pieces.Sum(static piece => piece.Length));
        var sectors = mine.RoundOut(SectorBytes);
        lock (_neighbourWrote)
        {
            if (_firstSectors is not null) return pieces;
            _firstSectors = sectors;
        }

        byte[] whole = new byte[sectors.Length];
        int count = _good.Read(sectors.Offset, whole);
        int at = (int)(mine.Offset - sectors.Offset);
        foreach (var piece in pieces)
        {
            piece.CopyTo(whole.AsMemory(at));
            at += piece.Length;
        }

        _neighbourWrote.Wait();
        offset = sectors.Offset;
        _good.Write(offset, [whole.AsMemory(0, Math.Max(count, at))]);
        _writtenBack.Set();
        return [];
    }

    /// <summary>A write of two pieces is in the store.</summary>
    private void EndBesideOthers(long offset, long end)
    {
        if (fault == "sectors written back without a lock" && MeetsFirstSectors(ByteRange.FromBounds(offset, end)))
        {
            _neighbourWrote.Set();
            _writtenBack.Wait();
        }

        if (fault != "races in growing") return;
        if (Interlocked.CompareExchange(ref _firstEnd, end, 0) == 0)
        {
            // The length that this write had in mind when it began is set when a longer one has passed.
            _overtaken.Wait();
            _good.SetLength(end);
        }
        else if (end > Volatile.Read(ref _firstEnd))
        {
            _overtaken.Set();
        }
    }

    private bool MeetsFirstSectors(ByteRange range)
    {
        lock (_neighbourWrote) return _firstSectors is { } sectors && !sectors.Intersect(range).IsEmpty;
    }
}
