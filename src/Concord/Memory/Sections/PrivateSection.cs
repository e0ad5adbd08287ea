using Concord.Interop;

namespace Concord.Memory;

/// <summary>A section in private memory of the process: works on every system, and cannot be mapped twice.</summary>
internal sealed class PrivateSection : Section
{
    internal override bool CanAlias => false;

    internal override void Back(ByteRange range) => VirtualMemory.Commit(AddressOf(range.Offset), range.Length);

    internal override void GiveBack(ByteRange range) => VirtualMemory.GiveBack(AddressOf(range.Offset), range.Length);

    /// <inheritdoc/>
    /// <remarks>
    /// Where blocks can be closed, memory is committed when a block is opened, so absent pages can be given back.
    /// </remarks>
    private protected override void DropOrphans(ByteRange range)
    {
        if (VirtualMemory.CanClose) VirtualMemory.GiveBack(AddressOf(range.Offset), range.Length);
    }

    private protected override nint Reserve(long start, long length) => VirtualMemory.ReserveClosed(length);

    private protected override void Release(Window window) => VirtualMemory.Release(window.Address, window.Length);
}
