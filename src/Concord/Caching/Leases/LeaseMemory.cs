using System.Buffers;

namespace Concord.Caching;

/// <summary>
/// A lease's bytes as <see cref="Memory{T}"/>, for asynchronous calls and sequences. Ends with the lease.
/// </summary>
internal sealed unsafe class LeaseMemory(PageLease lease) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => lease.Bytes;

    /// <summary>The memory does not move; the caller keeps the lease for as long as it uses the pin.</summary>
    public override MemoryHandle Pin(int elementIndex = 0)
    {
        var bytes = lease.Bytes;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)bytes.Length, nameof(elementIndex));
        fixed (byte* first = bytes) return new MemoryHandle(first + elementIndex);
    }

    public override void Unpin()
    {
        // Pin took nothing.
    }

    protected override void Dispose(bool disposing)
    {
        // The caller that took the lease disposes it.
    }
}
