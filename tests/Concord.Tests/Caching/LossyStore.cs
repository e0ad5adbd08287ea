namespace Concord.Tests.Caching;

/// <summary>
/// A store that really loses at a failed barrier what it had accepted since the last good one: bytes, and the length
/// that they, or a call, had made longer. What was cut off stays so. It goes on afterwards as if nothing had been.
/// </summary>
internal sealed class LossyStore(byte[] content) : BackingStore
{
    // _gate owns everything below.
    private readonly Lock _gate = new();
    private byte[] _bytes = [.. content];
    private byte[] _durable = [.. content];

    public override string Name => "lossy store";

    /// <summary>How many of the next barriers fail, and lose.</summary>
    internal int Losses { get; set; }

    /// <summary>Runs while a barrier runs, before it loses.</summary>
    internal Action DuringBarrier { get; set; } = static () => { };

    /// <summary>Runs when a write has taken effect, before it returns.</summary>
    internal Action AfterWrite { get; set; } = static () => { };

    /// <summary>What a good barrier covered last.</summary>
    internal byte[] Durable
    {
        get
        {
            lock (_gate) return [.. _durable];
        }
    }

    public override long GetLength()
    {
        lock (_gate) return _bytes.Length;
    }

    public override int Read(long offset, Memory<byte> destination)
    {
        lock (_gate)
        {
            int count = (int)Math.Clamp(_bytes.Length - offset, 0, destination.Length);
            if (count > 0) _bytes.AsSpan((int)offset, count).CopyTo(destination.Span);
            return count;
        }
    }

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        lock (_gate)
        {
            foreach (var piece in pieces)
            {
                if (offset + piece.Length > _bytes.Length) Array.Resize(ref _bytes, (int)offset + piece.Length);
                piece.Span.CopyTo(_bytes.AsSpan((int)offset));
                offset += piece.Length;
            }
        }

        AfterWrite();
    }

    public override void Barrier()
    {
        byte[] covered;
        lock (_gate) covered = [.. _bytes];
        DuringBarrier();
        lock (_gate)
        {
            if (Losses-- > 0)
            {
                _bytes = [.. _durable];
                throw new IOException("planted: the barrier lost what it should have covered");
            }

            Losses = 0;
            _durable = covered;
        }
    }

    public override void SetLength(long length)
    {
        lock (_gate)
        {
            Array.Resize(ref _bytes, (int)length);
            if (length < _durable.Length) Array.Resize(ref _durable, (int)length);
        }
    }
}
