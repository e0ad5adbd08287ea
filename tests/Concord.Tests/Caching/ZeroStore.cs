namespace Concord.Tests.Caching;

/// <summary>A store of zeros, as long as it is said to be, that keeps nothing.</summary>
internal sealed class ZeroStore(long length) : BackingStore
{
    private long _bytesRead;

    public override string Name => "zeros";

    /// <summary>How many bytes were asked of it.</summary>
    internal long BytesRead => Volatile.Read(ref _bytesRead);

    public override long GetLength() => length;

    public override int Read(long offset, Memory<byte> destination)
    {
        int count = (int)Math.Clamp(length - offset, 0, destination.Length);
        destination.Span[..count].Clear();
        Interlocked.Add(ref _bytesRead, count);
        return count;
    }

    public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        // Nobody asks for it again.
    }

    public override void Barrier()
    {
        // Nothing is kept.
    }

    public override void SetLength(long newLength)
    {
        // It is as long as it is.
    }
}
