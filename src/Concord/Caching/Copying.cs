using System.Runtime.CompilerServices;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Copies between a caller's memory and resident pages: pin, check the mask, copy, unpin. No allocation, no system
/// call, no lock.
/// </summary>
internal static class Copying
{
    /// <summary>Copies out of resident pages, up to the first page that is not there.</summary>
    /// <param name="map">The file.</param>
    /// <param name="offset">Where to begin.</param>
    /// <param name="destination">Where the bytes go; all of it lies within the file's length.</param>
    /// <param name="holdsFile">Whether the caller has the file's hold, and so may pass while others may not.</param>
    /// <returns>How many bytes were copied.</returns>
    internal static int Out(CacheMap map, long offset, Span<byte> destination, bool holdsFile)
    {
        var pin = Pins.Mine;
        int done = 0;
        while (done < destination.Length)
        {
            var piece = Piece.Of(offset + done, destination.Length - done);
            if (map.Extents.Find(piece.Extent) is not { } extent) break;
            pin.Enter(map.SectionId, piece.Extent, piece.Pages);
            bool hit = (holdsFile || !map.IsClosedToHits) && (extent.Readable & piece.Pages) == piece.Pages;
            if (hit)
            {
                PageCopy.Copy(extent.BytesAt(piece.Inside, piece.Length), destination.Slice(done, piece.Length), piece.Inside);
                if (!extent.WasUsed) extent.WasUsed = true;
            }

            pin.Leave();
            if (!hit) break;
            done += piece.Length;
        }

        return done;
    }

    /// <summary>Copies into resident pages and marks them dirty, up to the first page that is not there.</summary>
    /// <returns>How many bytes were copied.</returns>
    internal static int In(CacheMap map, long offset, ReadOnlySpan<byte> source, bool holdsFile)
    {
        var pin = Pins.Mine;
        int done = 0;
        while (done < source.Length)
        {
            var piece = Piece.Of(offset + done, source.Length - done);
            if (map.Extents.Find(piece.Extent) is not { } extent) break;
            pin.Enter(map.SectionId, piece.Extent, piece.Pages);
            bool hit = (holdsFile || !map.IsClosedToHits) && (extent.Writable & piece.Pages) == piece.Pages;
            if (hit)
            {
                PageCopy.Copy(source.Slice(done, piece.Length), extent.BytesAt(piece.Inside, piece.Length), piece.Inside);

                // The bytes first, then the length, then the mark: a write-back that sees the mark sees them too.
                map.Sizes.WroteUpTo(offset + done + piece.Length);
                extent.MarkDirty(piece.Pages);
                if (!extent.WasUsed) extent.WasUsed = true;
            }

            pin.Leave();
            if (!hit) break;
            done += piece.Length;
        }

        return done;
    }

    /// <summary>Whether every page of a range is there and may be changed, right now.</summary>
    internal static bool IsWritable(CacheMap map, long offset, int length)
    {
        for (int done = 0; done < length;)
        {
            var piece = Piece.Of(offset + done, length - done);
            if (map.Extents.Find(piece.Extent) is not { } extent || (extent.Writable & piece.Pages) != piece.Pages) return false;
            done += piece.Length;
        }

        return true;
    }

    /// <summary>The part of a copy that falls into one extent.</summary>
    internal readonly record struct Piece(long Extent, int Inside, int Length, ulong Pages)
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static Piece Of(long offset, int length)
        {
            int inside = (int)(offset & (PageGeometry.ExtentBytes - 1));
            int take = Math.Min(length, PageGeometry.ExtentBytes - inside);
            int first = inside >> PageGeometry.PageShift;
            int last = (inside + take - 1) >> PageGeometry.PageShift;
            return new Piece(PageGeometry.ExtentOf(offset), inside, take, PageMask.Of(first, last - first + 1));
        }
    }
}
