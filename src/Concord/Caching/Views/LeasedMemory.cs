using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// A range that leases hold in place, mapped contiguously, for reading: a view where page faults cannot be answered.
/// </summary>
internal sealed class LeasedMemory : IDisposable
{
    private const int PieceBytes = 1 << 30;

    private readonly List<PageLease> _leases = [];
    private Action _unmap = static () => { };

    private LeasedMemory()
    {
    }

    internal nint Address { get; private set; }

    internal static async ValueTask<LeasedMemory> TakeAsync(
        FileState file, Leasing leasing, ByteRange range, bool hasExclusiveHold, CallMode mode,
            CancellationToken cancellationToken)
    {
        var memory = new LeasedMemory();
        try
        {
            // Lease the range in pieces, since a lease has a largest length; then map all of it contiguously.
            for (long at = range.Offset; at < range.End; at += PieceBytes)
            {
                var piece = ByteRange.FromBounds(at, Math.Min(at + PieceBytes, range.End));
                memory._leases.Add(await leasing
                    .TakeAsync(
                        piece, LeaseAccess.Read, hasExclusiveHold, mode, cancellationToken).ConfigureAwait(false));
            }

            memory.Map(file, range);
            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _unmap();
        foreach (var lease in _leases) lease.Dispose();
    }

    private void Map(FileState file, ByteRange range)
    {
        if (file.Section is SharedSection section)
        {
            var pages = range.RoundOut(PageGeometry.PageBytes);
            nint mapped = MapClosed(file, section, pages);
            _unmap = () => section.Memory.Unmap(mapped, pages.Length);
            SharedMemory.Permit(mapped, pages.Length, canRead: true, canWrite: false);
            Address = mapped + (nint)(range.Offset - pages.Offset);
        }
        else if (file.Section.IsContiguous(range))
        {
            Address = file.Section.AddressOf(range.Offset);
        }
        else
        {
            throw new PlatformNotSupportedException(
                "this part of the file lies in two windows of private memory; map each side of it on its own");
        }
    }

    private static nint MapClosed(FileState file, SharedSection section, ByteRange pages)
    {
        try
        {
            return section.Memory.MapClosed(pages.Offset, pages.Length, isPrivate: false);
        }
        catch (OutOfMemoryException error)
        {
            throw new IOException($"cannot map {pages.Length} bytes of {file.Store.Label}: {error.Message}", error);
        }
    }
}
