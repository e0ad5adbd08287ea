namespace Concord.SystemCache;

/// <summary>The request of a caller, and the whole pages of the file that it touches.</summary>
/// <param name="Bytes">The bytes asked for, clipped to the file's length when the call began.</param>
/// <param name="Pages">The same, rounded out to whole pages.</param>
/// <param name="IsWholeFile">Whether the caller asked for the whole file, or for a range that covers it.</param>
/// <param name="ReachesEnd">Whether the last byte of the file is among them.</param>
internal readonly record struct PageRange(ByteRange Bytes, ByteRange Pages, bool IsWholeFile, bool ReachesEnd)
{
    internal static int PageSize => Environment.SystemPageSize;

    /// <summary>
    /// The range to drop: the pages; without an end where they reach the end of the file. The system joins pages to
    /// folios that may reach beyond that end, and drops a folio only whole.
    /// </summary>
    internal ByteRange Droppable => ReachesEnd ? ByteRange.FromBounds(Pages.Offset, long.MaxValue) : Pages;

    internal long PageCount => Pages.Length / PageSize;

    /// <summary>The bytes of the pages [<paramref name="start"/>, <paramref name="end"/>).</summary>
    internal static ByteRange OfPages(long start, long end) => ByteRange.FromBounds(start * PageSize, end * PageSize);

    internal static PageRange Of(PageCacheFile file, ByteRange? range) => Of(file.Length, range);

    /// <summary>The same for a file whose length is known.</summary>
    internal static PageRange Of(long length, ByteRange? range)
    {
        ByteRange all = new(0, length);
        ByteRange bytes = range is { } asked ? asked.Intersect(all) : all;
        return new(bytes, bytes.RoundOut(PageSize), range is null || (bytes == all && !all.IsEmpty),
            bytes.End == all.End);
    }
}
