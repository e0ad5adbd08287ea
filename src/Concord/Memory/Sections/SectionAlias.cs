using Concord.Interop;

namespace Concord.Memory;

/// <summary>A second, contiguous mapping of a range of a section.</summary>
internal sealed class SectionAlias(nint address, Action unmap) : IDisposable
{
    private Action? _unmap = unmap;

    /// <summary>Where the first byte of the range is.</summary>
    internal nint Address { get; } = address;

    /// <summary>Maps the pages that a range of a section's memory meets.</summary>
    /// <exception cref="OutOfMemoryException">There is no address space or no mapping left.</exception>
    internal static SectionAlias Of(SharedMemory memory, ByteRange range)
    {
        var pages = range.RoundOut(PageGeometry.PageBytes);
        nint mapped = memory.Map(pages.Offset, pages.Length);
        return new SectionAlias(mapped + (nint)(range.Offset - pages.Offset), () => memory.Unmap(mapped, pages.Length));
    }

    public void Dispose() => Interlocked.Exchange(ref _unmap, null)?.Invoke();
}
