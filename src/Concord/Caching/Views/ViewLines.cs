using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>Flushes the processors' lines of a view by the system view, whose pages may be touched once they are pinned.</summary>
internal sealed class ViewLines(CacheMap map, ViewMapping view) : IForeignRange
{
    /// <summary>Brings the page at an address in and maps it, for a copy by the system that could not wait for it.</summary>
    /// <exception cref="IOException">The page cannot be brought in.</exception>
    internal void BringIn(nint address) => Blocking.Wait(map.Views.PrefaultAsync(
        view, new ByteRange(view.OffsetOf(address), 1), CallMode.Blocking, CancellationToken.None));

    public void FlushLines(nint address, nuint length, bool invalidate)
    {
        var pin = Pins.Mine;
        long offset = view.OffsetOf(address), end = offset + (long)length;
        while (offset < end)
        {
            // A page at a time: an absent one has nothing to flush, and its neighbours have.
            int inPage = PageGeometry.PageBytes - (int)(offset & (PageGeometry.PageBytes - 1));
            var piece = Piece.Of(offset, (int)Math.Min(inPage, end - offset));
            offset += piece.Length;
            if (map.Extents.Find(piece.Extent) is not { } extent) continue;
            pin.Enter(map.SectionId, piece.Extent, piece.Pages);
            if ((extent.Readable & piece.Pages) == piece.Pages)
            {
                ReadOnlySpan<byte> bytes = extent.BytesAt(piece.Inside, piece.Length);
                if (invalidate) ProcessorCache.FlushAndInvalidate(bytes);
                else ProcessorCache.WriteBack(bytes);
            }

            pin.Leave();
        }
    }
}
