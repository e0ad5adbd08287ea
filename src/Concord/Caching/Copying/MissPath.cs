using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Reads and writes that miss: with the file's shared hold, piece by piece, pages are brought in or claimed, and
/// then copied as on a hit.
/// </summary>
internal sealed class MissPath(FileState file)
{
    /// <summary>Makes the first piece of a range readable, at most one extent's worth.</summary>
    /// <returns>
    /// How many bytes from <paramref name="offset"/> on the piece has; none when a lease overwrites its first page:
    /// the caller waits for that without the file (<see cref="WaitForOverwriteLeaseAsync"/>).
    /// </returns>
    internal async ValueTask<int> PrepareReadAsync(long offset, int length, CallMode mode, CancellationToken cancellationToken)
    {
        var piece = FirstSlice(offset, length);
        file.ThrowIfSuspended(new ByteRange(offset, piece.Length));
        ulong pages = PageMask.FirstRun(piece.Pages & ~OverwritingIn(piece.Extent));
        if ((pages & piece.Pages & (0 - piece.Pages)) == PageMask.None) return 0;
        piece = ClipToRun(piece, pages);
        bool isThere = await file.Loader.TryEnsureResidentAsync(piece.Extent, piece.Pages, mode, cancellationToken).ConfigureAwait(false);
        return isThere ? piece.Length : 0;
    }

    /// <summary>Returns when no lease overwrites the page of an offset any more. The caller has nothing that its holder may need.</summary>
    internal ValueTask WaitForOverwriteLeaseAsync(long offset, CallMode mode, CancellationToken cancellationToken)
    {
        long index = PageGeometry.ExtentOf(offset);
        ulong page = PageGeometry.PagesOf(index, new ByteRange(offset, 1));
        return file.Extents.Find(index) is { } extent && (OverwritingIn(index) & page) != PageMask.None
            ? extent.WhenIdleAsync(busy => busy.Overwriting & page, thenLocked: null, mode, cancellationToken, file.Scheduler)
            : ValueTask.CompletedTask;
    }

    /// <summary>
    /// Brings a range in, in the background: with the file, or for whoever holds it as paging I/O, which goes on meanwhile.
    /// </summary>
    internal void LoadInBackground(ByteRange range, bool holdsFile) =>
        file.Scheduler.Post(() => _ = holdsFile ? LoadAsPagingAsync(range) : LoadAsHolderAsync(range));

    /// <summary>
    /// Makes the first piece of a range writable. Pages that the caller overwrites whole are claimed and not read;
    /// they come back as <see cref="PreparedWrite.Claim"/>, to be filled and then handed to <see cref="Overwrite"/>. The
    /// piece is empty when a lease overwrites its first page: the caller waits for that without the file.
    /// </summary>
    internal async ValueTask<PreparedWrite> PrepareWriteAsync(
        long offset, int length, CallMode mode, CancellationToken cancellationToken)
    {
        var piece = FirstSlice(offset, length);
        file.ThrowIfSuspended(new ByteRange(offset, piece.Length));
        while (true)
        {
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            ulong absent, writable;
            Signal? change = null;
            var extent = file.ExtentAt(piece.Extent);
            lock (extent)
            {
                if (extent.IsRetired) continue;
                ulong first = piece.Pages & (0 - piece.Pages);
                if ((extent.Overwriting & first) != PageMask.None) return PreparedWrite.None;
                writable = extent.Writable & piece.Pages;
                absent = piece.Pages & ~(extent.Resident | extent.Claimed | extent.Suspended);
                if (((writable | absent) & first) == 0) change = extent.NextChangeLocked();
                writable = (writable & first) != 0 ? PageMask.FirstRun(writable) : PageMask.None;
                absent = (absent & first) != 0 ? PageMask.FirstRun(absent) : PageMask.None;
            }

            if (change is not null)
            {
                await change.WaitAsync(mode, file.Scheduler, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                continue;
            }

            if (writable != PageMask.None) return new PreparedWrite(ClipToRun(piece, writable));
            ulong whole = WhollyCovered(piece, offset) & absent;
            if ((whole & (absent & (0 - absent))) == 0)
            {
                ulong partial = absent & (0 - absent);
                bool isThere = await file.Loader.TryEnsureResidentAsync(piece.Extent, partial, mode, cancellationToken).ConfigureAwait(false);
                if (!isThere) return PreparedWrite.None;
                continue;
            }

            whole = PageMask.FirstRun(whole);
            var claim = await file.Loader
                .ClaimForOverwriteAsync(piece.Extent, whole, offset + piece.Length, mode, cancellationToken).ConfigureAwait(false);
            if (claim is { } got) return new PreparedWrite(ClipToRun(piece, whole), got.Extent, got.Claim);
        }
    }

    /// <summary>Fills claimed pages with a caller's bytes and publishes them, dirty.</summary>
    internal void Overwrite(PreparedWrite prepared, ReadOnlySpan<byte> source)
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
            file.Sizes.WroteUpTo(PageGeometry.StartOf(piece.Extent) + end);
            extent.EndOverwriteLocked(claim, file.Scheduler);
        }
    }

    private void OverwriteStaged(ExtentSlice piece, Extent extent, PageLoad claim, ReadOnlySpan<byte> source)
    {
        var staging = StagingBlock.Rent();
        int end = piece.Inside + piece.Length;
        int pageEnd = (end + PageGeometry.PageBytes - 1) & -PageGeometry.PageBytes;
        source[..piece.Length].CopyTo(staging.BytesAt(piece.Inside, piece.Length));
        staging.BytesAt(end, pageEnd - end).Clear();
        file.Sizes.WroteUpTo(PageGeometry.StartOf(piece.Extent) + end);
        file.Views.Pages.Overwrite(extent, claim, staging);
        StagingBlock.Return(staging);
    }

    private ulong OverwritingIn(long index)
    {
        if (file.Extents.Find(index) is not { } extent) return PageMask.None;
        lock (extent) return extent.Overwriting;
    }

    private async Task LoadAsPagingAsync(ByteRange range)
    {
        try
        {
            for (long at = range.Offset; at < range.End;)
            {
                var piece = FirstSlice(at, (int)Math.Min(range.End - at, int.MaxValue));
                await file.Loader.EnsureResidentAsync(piece.Extent, piece.Pages, CallMode.Async, CancellationToken.None).ConfigureAwait(false);
                at += piece.Length;
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // As below.
            return;
        }
    }

    private async Task LoadAsHolderAsync(ByteRange range)
    {
        try
        {
            await file.Cache.Sections.MakeRoomAsync(file, CallMode.Async, CancellationToken.None).ConfigureAwait(false);
            await file.AcquireSharedAsync(CallMode.Async, CancellationToken.None).ConfigureAwait(false);
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
                file.Hold.ReleaseShared();
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Nobody waits for this load. Whoever needs the page asks the store again, and is told then.
            return;
        }
    }

    /// <summary>The part of a range that one step handles.</summary>
    internal ExtentSlice FirstSlice(long offset, int length)
    {
        int pageInside = (int)(offset & (PageGeometry.PageBytes - 1));
        long most = ((long)file.Cache.PiecePagesMax << PageGeometry.PageShift) - pageInside;
        return ExtentSlice.Of(offset, (int)Math.Min(length, most));
    }

    /// <summary>The pages of a piece of which nothing old remains: covered from their first byte to their last, or to the end of the file.</summary>
    internal ulong WhollyCovered(ExtentSlice piece, long offset)
    {
        long end = offset + piece.Length;
        ulong whole = piece.Pages;
        if ((piece.Inside & (PageGeometry.PageBytes - 1)) != 0) whole &= whole - 1;
        bool raggedEnd = (end & (PageGeometry.PageBytes - 1)) != 0 && end < file.Sizes.Length;
        if (raggedEnd) whole &= ~(1UL << ((piece.Inside + piece.Length - 1) >> PageGeometry.PageShift));
        return whole;
    }

    /// <summary>The part of a piece that lies in its first run of pages.</summary>
    internal static ExtentSlice ClipToRun(ExtentSlice piece, ulong run)
    {
        int end = (PageMask.First(run) + PageMask.Count(run)) << PageGeometry.PageShift;
        return piece with { Length = Math.Min(piece.Length, end - piece.Inside), Pages = run };
    }

    internal readonly record struct PreparedWrite(ExtentSlice Piece, Extent? Extent = null, PageLoad? Claim = null)
    {
        internal static PreparedWrite None => default;
    }
}
