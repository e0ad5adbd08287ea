using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Reads and writes that miss: with the file's shared hold, piece by piece, pages are brought in or claimed, and
/// then copied as on a hit.
/// </summary>
internal sealed class Transfers(CacheMap map)
{
    /// <summary>Makes the first piece of a range readable, at most one extent's worth.</summary>
    /// <returns>
    /// How many bytes from <paramref name="offset"/> on the piece has; none when a lease overwrites its first page:
    /// the caller waits for that without the file (<see cref="WaitForOverwriteAsync"/>).
    /// </returns>
    internal async ValueTask<int> PrepareReadAsync(long offset, int length, CallMode mode, CancellationToken cancellationToken)
    {
        var piece = FirstPiece(offset, length);
        map.ThrowIfBarred(new ByteRange(offset, piece.Length));
        ulong pages = PageMask.FirstRun(piece.Pages & ~PreparedIn(piece.Extent));
        if ((pages & piece.Pages & (0 - piece.Pages)) == PageMask.None) return 0;
        piece = Cut(piece, pages);
        bool isThere = await map.Loader.TryBringInAsync(piece.Extent, piece.Pages, mode, cancellationToken).ConfigureAwait(false);
        return isThere ? piece.Length : 0;
    }

    /// <summary>Returns when no lease overwrites the page of an offset any more. The caller has nothing that its holder may need.</summary>
    internal ValueTask WaitForOverwriteAsync(long offset, CallMode mode, CancellationToken cancellationToken)
    {
        long index = PageGeometry.ExtentOf(offset);
        ulong page = PageGeometry.PagesOf(index, new ByteRange(offset, 1));
        return map.Extents.Find(index) is { } extent && (PreparedIn(index) & page) != PageMask.None
            ? extent.WhenIdleAsync(busy => busy.Prepared & page, thenLocked: null, mode, cancellationToken, map.Scheduler)
            : ValueTask.CompletedTask;
    }

    /// <summary>
    /// Brings a range in, in the background: with the file, or for whoever holds it as paging I/O, which goes on meanwhile.
    /// </summary>
    internal void BringInSoon(ByteRange range, bool holdsFile) =>
        map.Scheduler.Post(() => _ = holdsFile ? PageInAsync(range) : BringInAsync(range));

    /// <summary>
    /// Makes the first piece of a range writable. Pages that the caller overwrites whole are claimed and not read;
    /// they come back as <see cref="Preparation.Claim"/>, to be filled and then handed to <see cref="Overwrite"/>. The
    /// piece is empty when a lease overwrites its first page: the caller waits for that without the file.
    /// </summary>
    internal async ValueTask<Preparation> PrepareWriteAsync(
        long offset, int length, CallMode mode, CancellationToken cancellationToken)
    {
        var piece = FirstPiece(offset, length);
        map.ThrowIfBarred(new ByteRange(offset, piece.Length));
        while (true)
        {
            await map.Scheduler.PointAsync().ConfigureAwait(false);
            ulong absent, writable;
            Signal? change = null;
            var extent = map.ExtentAt(piece.Extent);
            lock (extent)
            {
                if (extent.IsRetired) continue;
                ulong first = piece.Pages & (0 - piece.Pages);
                if ((extent.Prepared & first) != PageMask.None) return Preparation.None;
                writable = extent.Writable & piece.Pages;
                absent = piece.Pages & ~(extent.Resident | extent.Loading | extent.Barred);
                if (((writable | absent) & first) == 0) change = extent.NextChangeLocked();
                writable = (writable & first) != 0 ? PageMask.FirstRun(writable) : PageMask.None;
                absent = (absent & first) != 0 ? PageMask.FirstRun(absent) : PageMask.None;
            }

            if (change is not null)
            {
                await change.WaitAsync(mode, map.Scheduler, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            if (writable != PageMask.None) return new Preparation(Cut(piece, writable));
            ulong whole = WhollyCovered(piece, offset) & absent;
            if ((whole & (absent & (0 - absent))) == 0)
            {
                ulong partial = absent & (0 - absent);
                bool isThere = await map.Loader.TryBringInAsync(piece.Extent, partial, mode, cancellationToken).ConfigureAwait(false);
                if (!isThere) return Preparation.None;
                continue;
            }

            whole = PageMask.FirstRun(whole);
            var claim = await map.Loader
                .ClaimForOverwriteAsync(piece.Extent, whole, offset + piece.Length, mode, cancellationToken).ConfigureAwait(false);
            if (claim is { } got) return new Preparation(Cut(piece, whole), got.Extent, got.Claim);
        }
    }

    /// <summary>Fills claimed pages with a caller's bytes and publishes them, dirty.</summary>
    internal void Overwrite(Preparation prepared, ReadOnlySpan<byte> source)
    {
        var (piece, extent, claim) = prepared;
        if (claim!.IsStaged)
        {
            OverwriteStaged(piece, extent!, claim, source);
            return;
        }

        PageCopy.Copy(source[..piece.Length], extent!.BytesAt(piece.Inside, piece.Length), piece.Inside);

        // What the caller's bytes do not reach lies beyond the end of the file, and is zeros.
        int end = piece.Inside + piece.Length;
        int pageEnd = (end + PageGeometry.PageBytes - 1) & -PageGeometry.PageBytes;
        extent.BytesAt(end, pageEnd - end).Clear();
        lock (extent)
        {
            // In one step with the pages: a cut that comes between would leave them behind the end.
            map.Sizes.WroteUpTo(PageGeometry.StartOf(piece.Extent) + end);
            extent.EndOverwriteLocked(claim, map.Scheduler);
        }
    }

    private void OverwriteStaged(Piece piece, Extent extent, PageLoad claim, ReadOnlySpan<byte> source)
    {
        var staging = StagingBlock.Rent();
        int end = piece.Inside + piece.Length;
        int pageEnd = (end + PageGeometry.PageBytes - 1) & -PageGeometry.PageBytes;
        source[..piece.Length].CopyTo(staging.BytesAt(piece.Inside, piece.Length));
        staging.BytesAt(end, pageEnd - end).Clear();
        map.Sizes.WroteUpTo(PageGeometry.StartOf(piece.Extent) + end);
        map.Views.Pages.Overwrite(extent, claim, staging);
        StagingBlock.Return(staging);
    }

    private ulong PreparedIn(long index)
    {
        if (map.Extents.Find(index) is not { } extent) return PageMask.None;
        lock (extent) return extent.Prepared;
    }

    private async Task PageInAsync(ByteRange range)
    {
        try
        {
            for (long at = range.Offset; at < range.End;)
            {
                var piece = FirstPiece(at, (int)Math.Min(range.End - at, int.MaxValue));
                await map.Loader.BringInAsync(piece.Extent, piece.Pages, CallMode.Async, CancellationToken.None).ConfigureAwait(false);
                at += piece.Length;
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // As below.
            return;
        }
    }

    private async Task BringInAsync(ByteRange range)
    {
        try
        {
            await map.Core.Sections.MakeRoomAsync(map, CallMode.Async, CancellationToken.None).ConfigureAwait(false);
            await map.AcquireSharedAsync(CallMode.Async, CancellationToken.None).ConfigureAwait(false);
            try
            {
                for (long at = range.Offset, piece; at < range.End; at += piece)
                {
                    piece = await PrepareReadAsync(at, (int)Math.Min(range.End - at, int.MaxValue), CallMode.Async, CancellationToken.None).ConfigureAwait(false);
                    if (piece == 0) return;
                }
            }
            finally
            {
                map.Hold.ReleaseShared();
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Nobody waits for this load. Whoever needs the page asks the store again, and is told then.
            return;
        }
    }

    /// <summary>The part of a range that one step handles.</summary>
    internal Piece FirstPiece(long offset, int length)
    {
        int pageInside = (int)(offset & (PageGeometry.PageBytes - 1));
        long most = ((long)map.Core.PiecePagesMax << PageGeometry.PageShift) - pageInside;
        return Piece.Of(offset, (int)Math.Min(length, most));
    }

    /// <summary>The pages of a piece of which nothing old remains: covered from their first byte to their last, or to the end of the file.</summary>
    internal ulong WhollyCovered(Piece piece, long offset)
    {
        long end = offset + piece.Length;
        ulong whole = piece.Pages;
        if ((piece.Inside & (PageGeometry.PageBytes - 1)) != 0) whole &= whole - 1;
        bool raggedEnd = (end & (PageGeometry.PageBytes - 1)) != 0 && end < map.Sizes.Length;
        if (raggedEnd) whole &= ~(1UL << ((piece.Inside + piece.Length - 1) >> PageGeometry.PageShift));
        return whole;
    }

    /// <summary>The part of a piece that lies in its first run of pages.</summary>
    internal static Piece Cut(Piece piece, ulong run)
    {
        int end = (PageMask.First(run) + PageMask.Count(run)) << PageGeometry.PageShift;
        return piece with { Length = Math.Min(piece.Length, end - piece.Inside), Pages = run };
    }

    internal readonly record struct Preparation(Piece Piece, Extent? Extent = null, PageLoad? Claim = null)
    {
        internal static Preparation None => default;
    }
}
