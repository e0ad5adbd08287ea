namespace Concord.Benchmarks.Workloads;

/// <summary>A store of zeros, which takes no memory of its own.</summary>
internal sealed class ZeroStore(long bytes) : BackingStore
{
    public override bool CanWrite => false;

    public override long GetLength() => bytes;

    public override int Read(long offset, Memory<byte> destination)
    {
        int count = (int)Math.Clamp(bytes - offset, 0, destination.Length);
        destination.Span[..count].Clear();
        return count;
    }
}
