namespace Concord.SystemCache;

/// <summary>Loads a range into the cache piece by piece, and skips pieces that are in it already.</summary>
internal static class CacheLoad
{
    /// <summary>
    /// The bytes read between two checks of the cancellation token: a few milliseconds of a disk's time.
    /// </summary>
    private const long PieceBytes = 2L << 20;

    internal static long Run(PageCacheFile file, ByteRange? range, CancellationToken cancellationToken)
    {
        if (file.KeepsNoPages) return 0;
        PageRange target = PageRange.Of(file, range);

        // Count once, before the first piece: read-ahead loads pages of later pieces too.
        long missing = target.PageCount - (file.Count(target.Pages).Resident ?? 0);
        for (long start = target.Pages.Offset; start < target.Pages.End;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long end = Math.Min(target.Pages.End - start, PieceBytes) + start;
            LoadPiece(file, ByteRange.FromBounds(start, end));
            start = end;
        }

        return Math.Max(0, missing) * PageRange.PageSize;
    }

    private static void LoadPiece(PageCacheFile file, ByteRange piece)
    {
        if (file.Count(piece).Resident is { } resident && resident >= piece.Length / PageRange.PageSize) return;
        file.LoadPiece(piece);
    }
}
