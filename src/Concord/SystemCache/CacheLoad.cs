namespace Concord.SystemCache;

/// <summary>Brings a range into the cache piece by piece, passing over the pieces that are in it already.</summary>
internal static class CacheLoad
{
    /// <summary>What is read between two looks at the cancellation token: a few milliseconds of a disk's time.</summary>
    private const long PieceBytes = 2L << 20;

    internal static long Run(PageCacheFile file, ByteRange? range, CancellationToken cancellationToken)
    {
        PageRange target = PageRange.Of(file, range);
        long broughtIn = 0;
        for (long start = target.Pages.Offset; start < target.Pages.End; start += PieceBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = ByteRange.FromBounds(start, Math.Min(start + PieceBytes, target.Pages.End));
            broughtIn += LoadPiece(file, piece);
        }

        return broughtIn;
    }

    private static long LoadPiece(PageCacheFile file, ByteRange piece)
    {
        long pages = piece.Length / PageRange.PageSize;
        long known = file.Count(piece).Resident ?? 0;
        if (known < pages) file.LoadPiece(piece);
        return Math.Max(0, pages - known) * PageRange.PageSize;
    }
}
