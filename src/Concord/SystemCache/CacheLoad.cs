namespace Concord.SystemCache;

/// <summary>Brings a range into the cache piece by piece, passing over the pieces that are in it already.</summary>
internal static class CacheLoad
{
    /// <summary>
    /// What is read between two looks at the cancellation token: a few milliseconds of a disk's time.
    /// </summary>
    private const long PieceBytes = 2L << 20;

    internal static long Run(PageCacheFile file, ByteRange? range, CancellationToken cancellationToken)
    {
        if (file.KeepsNoPages) return 0;
        PageRange target = PageRange.Of(file, range);

        // Counted once and before: reading ahead brings in pages of pieces that are still to come.
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
