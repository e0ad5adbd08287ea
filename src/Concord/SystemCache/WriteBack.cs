namespace Concord.SystemCache;

/// <summary>Step 1 of the operation, and the whole of a flush: write back, then a durable barrier.</summary>
internal static class WriteBack
{
    /// <summary>
    /// The bytes written between two checks of the cancellation token: enough to keep a disk busy, and few enough that
    /// a slow one (100 MB/s) completes within a second.
    /// </summary>
    internal const long PieceBytes = 64L << 20;

    /// <summary>The most pieces: a sparse file may have any length, but its dirty pages fit into memory.</summary>
    private const long PiecesMax = 1024;

    /// <summary>Writes back. Returns the bytes that had to be written, or null if unknown.</summary>
    /// <exception cref="WriteBackException">A write or the barrier failed; nothing was dropped.</exception>
    internal static long? Run(
        PageCacheFile file, PageRange target, PageCounts before, CancellationToken cancellationToken)
    {
        if (file.FailedWriteBack is { } earlier)
            throw Failed(target, "an earlier write-back of this file failed", earlier);
        bool ranges = target.IsWholeFile || file.WritesBackRanges;
        long? dirtyPages = before.Dirty + before.UnderWriteBack;

        // Without range writes the whole file is written, so all its dirty pages count.
        if (!ranges)
        {
            PageCounts all = file.Count(new ByteRange(0, file.Length).RoundOut(PageRange.PageSize));
            dirtyPages = all.Dirty + all.UnderWriteBack;
        }

        // With a token, write in pieces first, so that the call can be cancelled; then the barrier.
        try
        {
            if (cancellationToken.CanBeCanceled) WritePieces(file, target.Pages, dirtyPages, cancellationToken);
            file.WriteBack(target.IsWholeFile ? null : target.Pages);
        }
        catch (IOException error)
        {
            file.FailedWriteBack = error;
            throw Failed(target, $"writing back bytes {target.Bytes} failed", error);
        }

        return dirtyPages * PageRange.PageSize;
    }

    private static void WritePieces(
        PageCacheFile file, ByteRange pages, long? dirtyPages, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (dirtyPages * PageRange.PageSize <= PieceBytes) return;
        foreach (var piece in Pieces(pages))
        {
            cancellationToken.ThrowIfCancellationRequested();
            file.WritePiece(piece);
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <summary>The pieces of a range, between which a call looks at its cancellation token.</summary>
    internal static IEnumerable<ByteRange> Pieces(ByteRange pages)
    {
        long share = new ByteRange(0, pages.Length / PiecesMax).RoundOut(PageRange.PageSize).Length;
        long pieceBytes = Math.Max(PieceBytes, share);
        for (long start = pages.Offset; start < pages.End;)
        {
            long end = pages.End - start > pieceBytes ? start + pieceBytes : pages.End;
            yield return ByteRange.FromBounds(start, end);
            start = end;
        }
    }

    private static WriteBackException Failed(PageRange target, string what, IOException error) => new(
        $"{what}, and nothing was dropped: {error.Message}. The system may not write those bytes again by itself: " +
        "write them again, and open the file anew",
        new(CoherencyStatus.CachePageLocked, 0, 0, 0,
            [new(target.Bytes, LeftReason.Unknown, "not written to the store")]),
        error);
}
