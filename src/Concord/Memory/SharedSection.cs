using Concord.Interop;

namespace Concord.Memory;

/// <summary>
/// A section in memory with a descriptor: the cache maps it once (the system view), and views map it again.
/// Punching a hole takes a page out of every mapping before the call returns.
/// </summary>
internal sealed class SharedSection : Section
{
    private readonly SharedMemory _memory = SharedMemory.Create("concord section");

    internal override bool CanAlias => true;

    internal override void GiveBack(ByteRange range)
    {
        // With the system view's translations gone in one step, punching finds nothing to interrupt processors for.
        _memory.Forget(AddressOf(range.Offset), range.Length);
        _memory.Punch(range.Offset, range.Length);
    }

    internal override SectionAlias Alias(ByteRange range)
    {
        var pages = range.RoundOut(PageGeometry.PageBytes);
        nint mapped = _memory.Map(pages.Offset, pages.Length);
        return new SectionAlias(mapped + (nint)(range.Offset - pages.Offset), () => _memory.Unmap(mapped, pages.Length));
    }

    private protected override nint Reserve(long start, long length)
    {
        // The memory ends with the reservation and not with the file: a touch beyond its end would be a SIGBUS.
        _memory.GrowTo(start + length);
        return _memory.Map(start, length);
    }

    private protected override void Release(Window window) => _memory.Unmap(window.Address, window.Length);

    private protected override void Close() => _memory.Dispose();
}
