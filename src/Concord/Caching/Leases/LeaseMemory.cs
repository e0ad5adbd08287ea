using System.Buffers;

namespace Concord.Caching;

/// <summary>
/// A lease's bytes where a span will not do: for asynchronous calls and sequences. Ends with the lease.
/// </summary>
internal sealed unsafe class LeaseMemory(PageLease lease) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => lease.Bytes;

    /// <summary>The memory does not move; who pins it keeps the lease.</summary>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        var bytes = lease.Bytes;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)bytes.Length, nameof(elementIndex));
        fixed (byte* first = bytes) return new MemoryHandle(first + elementIndex);
    }

    public override void Unpin()
    {
        // Nothing was done to pin it.
    }

    protected override void Dispose(bool disposing)
    {
        // The lease belongs to whoever took it.
    }
}
