using Concord.Interop;

namespace Concord.Memory;

/// <summary>
/// Memory of an extent's size in which pages are assembled before they appear. Whole pages, aligned for direct I/O.
/// </summary>
internal sealed class StagingBlock
{
    // As many as were ever in use at the same time. They are not freed: the next miss needs one again.
    private static readonly System.Collections.Concurrent.ConcurrentBag<StagingBlock> Spare = [];

    private readonly NativeMemory _memory;

    internal StagingBlock()
    {
        Address = VirtualMemory.Reserve(PageGeometry.ExtentBytes);
        VirtualMemory.Commit(Address, PageGeometry.ExtentBytes);
        _memory = new NativeMemory(Address, PageGeometry.ExtentBytes);
    }

    /// <summary>A block in memory that a <see cref="StagingArea"/> owns.</summary>
    internal StagingBlock(nint address)
    {
        Address = address;
        _memory = new NativeMemory(Address, PageGeometry.ExtentBytes);
    }

    /// <summary>Where its first byte is; a page lies in it where it lies in its extent.</summary>
    internal nint Address { get; }

    /// <summary>The memory of one run of pages.</summary>
    internal Memory<byte> MemoryOf(ulong run) => _memory.Memory.Slice(
        PageMask.First(run) << PageGeometry.PageShift, PageMask.Count(run) << PageGeometry.PageShift);

    internal Span<byte> BytesAt(int inside, int length) => _memory.GetSpan().Slice(inside, length);

    internal static StagingBlock Rent() => Spare.TryTake(out var block) ? block : new StagingBlock();

    internal static void Return(StagingBlock block) => Spare.Add(block);
}
