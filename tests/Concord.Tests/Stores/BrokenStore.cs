namespace Concord.Tests.Stores;

/// <summary>A store in memory with one fault, chosen by name. Without a fault it is a good store.</summary>
internal sealed partial class BrokenStore(string fault, long? fixedLength = null, MemoryStore? shared = null)
    : BackingStore
{
    private const int LongBytes = 1 << 20;

    /// <summary>Longer stores are sparse, and nobody looks at what a loss of power leaves of them.</summary>
    private const long DurableBytesMax = 64 << 20;

    private readonly MemoryStore _good = shared ?? Filled(fixedLength);
    private readonly List<(long Offset, ReadOnlyMemory<byte> Bytes)> _kept = [];
    private byte[] _durable = [];
    private bool _isDisposed;
    private (long Offset, byte[] Bytes)? _remembered;
    private long? _knownLength;

    // What synchronous reads show of a store that does not hear of asynchronous writes.
    private readonly MemoryStore _seen = Filled(fixedLength);

    public override object Identity => fault switch
    {
        "one identity for all" => "all",
        "an identity for each opening" => new object(),
        _ => _good,
    };

    public override long MaxLength =>
        fixedLength is { } length && fault != "no word of its fixed length" ? length : long.MaxValue;

    /// <summary>What a loss of power would leave; null where nobody looks.</summary>
    public byte[]? Durable =>
        fault == "a barrier that does nothing" ? [] : _good.GetLength() > DurableBytesMax ? null : _durable;

    /// <summary>A second way to the same bytes.</summary>
    internal BrokenStore OpenAgain() => new(fault, fixedLength, _good);

    public override long GetLength() => fault switch
    {
        "a length rounded up" => (_good.GetLength() + 511) / 512 * 512,
        "never refreshed" => _knownLength ??= _good.GetLength(),
        _ => _good.GetLength(),
    };

    public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
    {
        if (fault != "deaf to cancellation") cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<long>(fault == "an asynchronous length one too long" ? GetLength() + 1 : GetLength());
    }

    public override int Read(long offset, Memory<byte> destination)
    {
        if (fault == "no refresh after asynchronous writes") return _seen.Read(offset, destination);
        if (fault == "never refreshed")
            destination = destination[..(int)Math.Clamp(GetLength() - offset, 0, destination.Length)];
        return ReadNow(offset, destination);
    }

    public override async ValueTask<int> ReadAsync(long offset, Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        if (fault != "deaf to cancellation") cancellationToken.ThrowIfCancellationRequested();
        await Task.CompletedTask;
        if (fault == "never refreshed") return Read(offset, destination);
        int count = ReadNow(offset, destination);
        if (fault == "an asynchronous read one byte off" && count > 1)
            destination.Span[1..count].CopyTo(destination.Span);
        return count;
    }

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        WriteNow(offset, pieces);
        if (fault == "no refresh after asynchronous writes") _seen.Write(offset, pieces);
    }

    public override ValueTask WriteAsync(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces,
        CancellationToken cancellationToken)
    {
        if (fault != "deaf to cancellation") cancellationToken.ThrowIfCancellationRequested();
        WriteNow(offset, pieces);
        return ValueTask.CompletedTask;
    }

    public override void Barrier()
    {
        if (_good.GetLength() > DurableBytesMax) return;
        byte[] all = new byte[_good.GetLength()];
        _good.Read(0, all);
        if (fault == "a barrier that drops lengths" && all.Length < _durable.Length)
            all = [.. all, .. _durable[all.Length..]];
        _durable = all;
    }

    public override ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        if (fault != "deaf to cancellation") cancellationToken.ThrowIfCancellationRequested();
        if (fault != "an asynchronous barrier that does nothing") Barrier();
        return ValueTask.CompletedTask;
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
        _seen.SetLength(length);
        _knownLength = null;
        if (fault == "cuts that remember" && _remembered is { } old && length > old.Offset)
            _good.Write(old.Offset, [old.Bytes]);
        if (fault == "rubbish in extensions" && length > before) _good.Write(length - 1, [new byte[] { 1 }]);
    }

    public override ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        if (fault != "deaf to cancellation") cancellationToken.ThrowIfCancellationRequested();
        if (fault != "an asynchronous growth that does nothing" || length <= _good.GetLength()) SetLength(length);
        return ValueTask.CompletedTask;
    }

    public override void Refresh()
    {
        if (fault != "never refreshed") _knownLength = null;
    }

    protected override void Dispose(bool disposing)
    {
        ObjectDisposedException.ThrowIf(_isDisposed && fault == "disposed once only", this);
        _isDisposed = true;
        foreach (var signal in (ManualResetEventSlim[])[_twoInside, _lost, _overtaken, _neighbourWrote, _writtenBack])
            signal.Dispose();
        base.Dispose(disposing);
    }

    private static MemoryStore Filled(long? length)
    {
        var store = new MemoryStore();
        if (length is { } zeros) store.SetLength(zeros);
        return store;
    }

    private int ReadNow(long offset, Memory<byte> destination)
    {
        if (fault == "a new store that is not empty" && _good.GetLength() == 0) _good.Write(0, [new byte[] { 1 }]);
        if (fault == "negative offsets taken for 0") offset = Math.Max(offset, 0);
        if (fault == "reads aligned down") offset &= -512;
        if (fault == "offsets cut to 32 bits") offset = (uint)offset;
        if (fault == "reads short above 1 MiB" && destination.Length > LongBytes)
            destination = destination[..LongBytes];
        if (fault == "keeps the caller's memory") Replay();
        if (fault == "fails beyond the end" && offset > _good.GetLength()) throw new IOException("beyond the end");
        int count = _good.Read(offset, destination);
        if (fault == "zeros behind a short read") destination.Span[count..].Clear();
        return fault == "reads as if it never ended" ? destination.Length
            : fault == "reads one byte less" ? Math.Max(0, count - 1)
            : count;
    }

    private void WriteNow(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        _knownLength = null;
        long length = pieces.Sum(static piece => (long)piece.Length);
        if (fault == "negative offsets taken for 0") offset = Math.Max(offset, 0);
        if (fixedLength is { } most && offset + length > most)
        {
            if (fault == "half a write over the end") _good.Write(most - 5, [pieces[0][..5]]);
            throw new IOException("beyond the end");
        }

        if (IsLostBesideOthers(pieces.Count)) return;
        if (fault == "sectors written back without a lock" && pieces.Count == 2)
            pieces = WithSectorsAround(ref offset, pieces);
        if (fault == "offsets cut to 32 bits") offset = (uint)offset;
        if (fault == "stops at an empty piece") pieces = [.. pieces.TakeWhile(piece => piece.Length > 0)];
        if (fault == "takes 1024 pieces") pieces = [.. pieces.Take(1024)];
        if (fault == "pieces in the wrong order") pieces = [.. pieces.Reverse()];
        if (fault == "whole sectors written") pieces = [.. pieces, new byte[512]];
        if (fault == "an empty write cuts" && length == 0) _good.SetLength(offset);
        if (fault == "never the second time" && offset < _good.GetLength() && pieces.Count == 1) pieces = [];
        if (fault == "loses the tail of writes above 1 MiB" && length > LongBytes)
            pieces = WithoutTail(offset, length, pieces);
        long before = _good.GetLength();
        if (fault == "rubbish in gaps" && offset > before) _good.Write(before, [new byte[] { 1 }]);
        if (fault == "keeps the caller's memory")
            _kept.AddRange(
                pieces.Select((piece, i) => (offset + pieces.Take(i).Sum(earlier => earlier.Length), piece)));
        _good.Write(offset, pieces);
        if (pieces.Count == 2) EndBesideOthers(offset, offset + length);
    }

    /// <summary>As long as it was to be, but zeros behind the first megabyte.</summary>
    private IReadOnlyList<ReadOnlyMemory<byte>> WithoutTail(
        long offset, long length, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        if (offset + length > _good.GetLength()) _good.SetLength(offset + length);
        return [pieces.SelectMany(static piece => piece.ToArray()).Take(LongBytes).ToArray()];
    }

    private void Replay()
    {
        foreach (var (offset, bytes) in _kept) _good.Write(offset, [bytes]);
    }
}
