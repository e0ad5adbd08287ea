namespace Concord.Tests.Simulation;

/// <summary>A store in memory for real threads that can be switched to refuse writes, and back.</summary>
internal sealed class SwitchStore(int length) : BackingStore
{
    private readonly Lock _gate = new();
    private byte[] _bytes = new byte[length];

    internal bool Refuses { get; set; }

    internal byte[] Content
    {
        get
        {
            lock (_gate) return [.. _bytes];
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
        if (Refuses) throw new IOException("the store refuses");
        lock (_gate)
        {
            foreach (var piece in pieces)
            {
                if (offset + piece.Length > _bytes.Length) Array.Resize(ref _bytes, (int)offset + piece.Length);
                piece.Span.CopyTo(_bytes.AsSpan((int)offset));
                offset += piece.Length;
            }
        }
    }

    public override void Barrier()
    {
        if (Refuses) throw new IOException("the store refuses");
    }

    public override void SetLength(long length)
    {
        if (Refuses) throw new IOException("the store refuses");
        lock (_gate) Array.Resize(ref _bytes, (int)length);
    }
}
