namespace Concord.Memory;

/// <summary>How offsets of a file fall on pages and extents.</summary>
internal static class PageGeometry
{
    /// <summary>Pages an extent: the bits of a mask.</summary>
    internal const int PagesPerExtent = 64;

    /// <summary>
    /// Bytes a page: the system's, and never under 4 KiB. Pages of the cache are pages of the memory manager, since
    /// a page is what can be given back and what a view can lose.
    /// </summary>
    internal static readonly int PageBytes = Math.Max(4096, Environment.SystemPageSize);

    internal static readonly int PageShift = int.Log2(PageBytes);

    internal static readonly int ExtentShift = PageShift + int.Log2(PagesPerExtent);

    /// <summary>Bytes an extent: 256 KiB where a page has 4 KiB.</summary>
    internal static readonly int ExtentBytes = 1 << ExtentShift;

    internal static long ExtentOf(long offset) => offset >> ExtentShift;

    internal static long StartOf(long extent) => extent << ExtentShift;

    /// <summary>The pages of extent <paramref name="extent"/> that meet a range, whole pages.</summary>
    internal static ulong PagesOf(long extent, ByteRange range)
    {
        var part = range.Intersect(new ByteRange(StartOf(
            extent), Math.Min(ExtentBytes, long.MaxValue - StartOf(extent))));
        if (part.IsEmpty) return PageMask.None;
        int first = (int)((part.Offset - StartOf(extent)) >> PageShift);
        int last = (int)((part.End - 1 - StartOf(extent)) >> PageShift);
        return PageMask.Of(first, last - first + 1);
    }

    /// <summary>The bytes of one run of pages of an extent.</summary>
    internal static ByteRange BytesOf(long extent, ulong run) =>
        new(StartOf(extent) + ((long)PageMask.First(run) << PageShift), (long)PageMask.Count(run) << PageShift);

    /// <summary>The pages of an extent of which a range covers every byte that the file has.</summary>
    /// <param name="extent">The extent.</param>
    /// <param name="range">The range.</param>
    /// <param name="fileLength">
    /// Where the file ends: the last page is covered when the range reaches that. Without it, a page must be covered
    /// whole.
    /// </param>
    internal static ulong WholePagesOf(long extent, ByteRange range, long fileLength = long.MaxValue)
    {
        long start = (range.Offset + PageBytes - 1) & -PageBytes;
        long end = range.End >= fileLength ? range.End : range.End & -PageBytes;
        return start < end ? PagesOf(extent, ByteRange.FromBounds(start, end)) : PageMask.None;
    }

    /// <summary>The first page boundary at or behind a place inside an extent.</summary>
    internal static int RoundUpToPage(int inside) => (inside + PageBytes - 1) & -PageBytes;

    /// <summary>Pages that a number of bytes fills or begins.</summary>
    internal static long PagesIn(long bytes) => (bytes + PageBytes - 1) >> PageShift;
}
