using System.Buffers;

namespace Concord.Memory;

/// <summary>
/// Memory outside the managed heap as <see cref="Memory{T}"/>, so that stores can read and write it in place.
/// </summary>
/// <remarks>
/// The code that passes it to a store keeps the pages claimed, being written or leased until the last use has ended.
/// </remarks>
internal sealed unsafe class NativeMemory(nint address, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new((void*)address, length);

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)length, nameof(elementIndex));
        return new MemoryHandle((byte*)address + elementIndex);
    }

    public override void Unpin()
    {
        // Native memory does not move.
    }

    protected override void Dispose(bool disposing)
    {
        // The section owns the memory.
    }
}
