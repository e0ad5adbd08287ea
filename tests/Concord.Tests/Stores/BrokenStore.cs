namespace Concord.Tests.Stores;

/// <summary>A store in memory with one fault, chosen by name. Without a fault it is a good store.</summary>
internal sealed class BrokenStore(string fault, long? fixedLength = null) : BackingStore
{
    private readonly MemoryStore _good = Filled(fixedLength);
    private readonly List<(long Offset, ReadOnlyMemory<byte> Bytes)> _kept = [];
    private byte[] _durable = [];
    private bool _isDisposed;
    private readonly ManualResetEventSlim _twoInside = new();
    private readonly ManualResetEventSlim _lost = new();
    private int _inside;
    private volatile bool _isChanging;

    public override object Identity => fault switch
    {
        "one identity for all" => "all",
        "an identity for each opening" => new object(),
        _ => this,
    };

    public override long MaxLength => fixedLength is { } length && fault != "no word of its fixed length" ? length : long.MaxValue;

    /// <summary>What a loss of power would leave.</summary>
    public byte[] Durable => fault == "a barrier that does nothing" ? [] : _durable;

    public override long GetLength() => fault == "a length rounded up" ? (_good.GetLength() + 511) / 512 * 512 : _good.GetLength();

    public override int Read(long offset, Memory<byte> destination)
    {
        Meddle();
        if (fault == "negative offsets taken for 0") offset = Math.Max(offset, 0);
        if (fault == "reads aligned down") offset &= -512;
        if (fault == "keeps the caller's memory") Replay();
        if (fault == "fails beyond the end" && offset > _good.GetLength()) throw new IOException("beyond the end");
        int count = _good.Read(offset, destination);
        if (fault == "zeros behind a short read") destination.Span[count..].Clear();
        return fault == "reads as if it never ended" ? destination.Length
            : fault == "reads one byte less" ? Math.Max(0, count - 1)
            : count;
    }

    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (fault != "deaf to cancellation") cancellationToken.ThrowIfCancellationRequested();
        await Task.CompletedTask;
        int count = Read(offset, destination);
        if (fault == "an asynchronous read one byte off" && count > 1) destination.Span[1..count].CopyTo(destination.Span);
        return count;
    }

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        if (fault == "negative offsets taken for 0") offset = Math.Max(offset, 0);
        if (fixedLength is { } most && offset + pieces.Sum(piece => (long)piece.Length) > most)
        {
            if (fault == "half a write over the end") _good.Write(most - 5, [pieces[0][..5]]);
            throw new IOException("beyond the end");
        }

        if (fault == "loses writes beside a length" && _isChanging)
        {
            _lost.Set();
            return;
        }

        int inside = Interlocked.Increment(ref _inside);
        if (fault == "loses concurrent writes" && IsLost(inside, pieces.Count)) pieces = [];
        if (fault == "stops at an empty piece") pieces = [.. pieces.TakeWhile(piece => piece.Length > 0)];
        if (fault == "takes 1024 pieces") pieces = [.. pieces.Take(1024)];
        if (fault == "pieces in the wrong order") pieces = [.. pieces.Reverse()];
        if (fault == "whole sectors written") pieces = [.. pieces, new byte[512]];
        if (fault == "an empty write cuts" && pieces.Sum(piece => piece.Length) == 0) _good.SetLength(offset);
        if (fault == "never the second time" && offset < _good.GetLength() && pieces.Count == 1) pieces = [];
        long length = _good.GetLength();
        if (fault == "rubbish in gaps" && offset > length) _good.Write(length, [new byte[] { 1 }]);
        if (fault == "keeps the caller's memory") _kept.AddRange(pieces.Select((piece, i) => (offset + pieces.Take(i).Sum(before => before.Length), piece)));
        _good.Write(offset, pieces);
        Interlocked.Decrement(ref _inside);
    }

    public override ValueTask WriteAsync(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        if (fault != "deaf to cancellation") cancellationToken.ThrowIfCancellationRequested();
        Write(offset, pieces);
        return ValueTask.CompletedTask;
    }

    public override void Barrier()
    {
        byte[] all = new byte[_good.GetLength()];
        _good.Read(0, all);
        if (fault == "a barrier that drops lengths" && all.Length < _durable.Length) all = [.. all, .. _durable[all.Length..]];
        _durable = all;
    }

    public override void SetLength(long length)
    {
        if (fault == "negative offsets taken for 0") length = Math.Max(length, 0);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (fixedLength is { } only && length != only)
        {
            if (fault == "a fixed length that is not") _good.SetLength(length);
            else throw new IOException("fixed");
            return;
        }

        long before = _good.GetLength();
        if (fault == "cuts that remember" && length < before)
        {
            byte[] tail = new byte[before - length];
            _good.Read(length, tail);
            _remembered = (length, tail);
        }

        LoseOneWrite();
        _good.SetLength(fault == "lengths one too long" ? length + 1 : length);
        if (fault == "cuts that remember" && _remembered is { } old && length > old.Offset) _good.Write(old.Offset, [old.Bytes]);
        if (fault == "rubbish in extensions" && length > before) _good.Write(length - 1, [new byte[] { 1 }]);
    }

    protected override void Dispose(bool disposing)
    {
        ObjectDisposedException.ThrowIf(_isDisposed && fault == "disposed once only", this);
        _isDisposed = true;
        _twoInside.Dispose();
        _lost.Dispose();
        base.Dispose(disposing);
    }

    private (long Offset, byte[] Bytes)? _remembered;

    private static MemoryStore Filled(long? length)
    {
        var store = new MemoryStore();
        if (length is { } zeros) store.SetLength(zeros);
        return store;
    }

    /// <summary>The first write of two pieces waits for a second one beside it, which is lost.</summary>
    private bool IsLost(int inside, int pieces)
    {
        if (inside > 1) _twoInside.Set();
        else if (pieces == 2) _twoInside.Wait();
        return inside > 1;
    }

    private void LoseOneWrite()
    {
        if (fault != "loses writes beside a length") return;
        _isChanging = true;
        _lost.Wait();
        _isChanging = false;
    }

    private void Meddle()
    {
        if (fault == "a new store that is not empty" && _good.GetLength() == 0) _good.Write(0, [new byte[] { 1 }]);
    }

    private void Replay()
    {
        foreach (var (offset, bytes) in _kept) _good.Write(offset, [bytes]);
    }
}
