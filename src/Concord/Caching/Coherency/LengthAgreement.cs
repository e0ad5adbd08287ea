using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Makes the length agree with the store's, which another program may have changed (I10). Bytes that it appended belong
/// to the file, bytes that it cut off do not. Pages that the cache holds and the store has not taken yet keep the file
/// as long as they reach, and so does a length that the store had accepted before a barrier failed.
/// </summary>
/// <remarks>
/// A purge that reaches the file's end does this last. Before a change of length, or a write that leaves a gap, the
/// cache takes over what another program appended. Called with the file held exclusively, except
/// <see cref="IsStoreLongerAsync"/>.
/// </remarks>
internal sealed class LengthAgreement(FileState file, PagesBehindEnd behindEnd)
{
    /// <summary>The most tries, where another thread of the holder changes the length meanwhile.</summary>
    private const int TriesMax = 3;

    /// <summary>Takes over a change that another program made to the length.</summary>
    /// <exception cref="IOException">The store cannot be asked or read; the length is as it was.</exception>
    internal async ValueTask AgreeAsync(CallMode mode, CancellationToken cancellationToken)
    {
        for (int tries = 1; tries <= TriesMax; tries++)
        {
            long stored = await file.Store.GetLengthAsync(mode, cancellationToken).ConfigureAwait(false);
            long length = file.Sizes.Length;
            bool agrees = stored < length
                ? await ShrinkAsync(length, stored, mode, cancellationToken).ConfigureAwait(false)
                : await GrowAsync(length, stored, mode, cancellationToken).ConfigureAwait(false);
            if (agrees) return;
        }
    }

    /// <summary>
    /// Takes over what another program appended, before the cache makes the file longer and would write over it.
    /// </summary>
    /// <exception cref="IOException">The store cannot be asked or read; the length is as it was.</exception>
    internal async ValueTask AdmitAppendedAsync(CallMode mode, CancellationToken cancellationToken)
    {
        if (await IsStoreLongerAsync(mode, cancellationToken).ConfigureAwait(false))
        {
            await AgreeAsync(mode, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether another program has appended: writes of this cache never make the store longer than the file.
    /// </summary>
    /// <exception cref="IOException">The store cannot be asked.</exception>
    internal async ValueTask<bool> IsStoreLongerAsync(CallMode mode, CancellationToken cancellationToken) =>
        await file.Store.GetLengthAsync(mode, cancellationToken).ConfigureAwait(false) > file.Sizes.Length;

    /// <summary>
    /// The store is at least as long as the file. Pages that were loaded behind the old end are zeros, and are dropped.
    /// If the file's last page stays in memory, the store's bytes replace those behind the old end, before the page can
    /// be written back with the new length.
    /// </summary>
    /// <returns>False if the length was changed meanwhile.</returns>
    private async ValueTask<bool> GrowAsync(
        long length, long stored, CallMode mode, CancellationToken cancellationToken)
    {
        if (stored == length || !file.HasSection) return file.Sizes.TryAgree(length, stored, stored);
        file.BeginGrowth();
        try
        {
            await behindEnd.ForgetAsync(mode).ConfigureAwait(false);
            long end = new ByteRange(0, length).RoundOut(PageGeometry.PageBytes).End;
            var closed = await ClosedPages.CloseAsync(
                file, ByteRange.FromBounds(end, long.MaxValue), mode, isAbsentToo: true).ConfigureAwait(false);
            try
            {
                behindEnd.DropClean(length);
                return await TakeTailAsync(length, stored, mode, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                closed.Reopen();
            }
        }
        finally
        {
            file.EndGrowth(length);
        }
    }

    /// <summary>
    /// Makes the file as long as the store, with the store's bytes in its last page. Views get no page behind the end
    /// meanwhile.
    /// </summary>
    /// <returns>False if the length was changed meanwhile.</returns>
    private async ValueTask<bool> TakeTailAsync(
        long length, long stored, CallMode mode, CancellationToken cancellationToken)
    {
        int inPage = (int)(length & (PageGeometry.PageBytes - 1));
        if (inPage == 0) return file.Sizes.TryAgree(length, stored, stored);

        // Read what the store has of the last page behind the old end, and put it there.
        byte[] tail = new byte[Math.Min(PageGeometry.PageBytes - inPage, stored - length)];
        int read = await file.Store.ReadAsync(length, tail, mode, cancellationToken).ConfigureAwait(false);
        long index = PageGeometry.ExtentOf(length);
        ulong page = PageGeometry.PagesOf(index, new ByteRange(length, 1));
        return await file.EnsureExtent(index).WhenIdleAsync(
            (file.Sizes, Page: page, Length: length, Stored: stored, Tail: tail.AsMemory(0, read)),
            static (busy, asked) => busy.Claimed & ~busy.Overwriting & asked.Page,
            static (idle, asked) =>
            {
                // A load that is under way read the page at its old length: it must not publish.
                idle.AdvanceEpochLocked();
                bool agrees = asked.Sizes.TryAgree(asked.Length, asked.Stored, asked.Stored);
                int inside = (int)(asked.Length - PageGeometry.StartOf(idle.Index));
                if (agrees && ((idle.Resident | idle.Overwriting) & asked.Page) != PageMask.None)
                {
                    PageCopy.Copy(asked.Tail.Span, idle.BytesAt(inside, asked.Tail.Length), inside);
                }

                return agrees;
            },
            file.StoreWait,
            mode,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The store is shorter than the file. Drops pages behind the store's end, except those that are held or that the
    /// store has yet to take.
    /// </summary>
    /// <returns>False if the length was changed meanwhile.</returns>
    private async ValueTask<bool> ShrinkAsync(
        long length, long stored, CallMode mode, CancellationToken cancellationToken)
    {
        // Collect what sharers wrote behind the store's end, then close the pages there.
        var behind = ByteRange.FromBounds(stored, length).RoundOut(PageGeometry.PageBytes);
        await file.Sharers.CollectWritesAsync(
            behind, CoherencyOptions.None, mode, cancellationToken).ConfigureAwait(false);
        var closed = await ClosedPages.CloseAsync(file, behind, mode, isAbsentToo: true).ConfigureAwait(false);
        long end;
        try
        {
            // Cut the file behind the last page that has to stay, and behind the length that the store owes.
            end = EndOfKept(behind, closed, stored, length);
            end = Math.Min(length, Math.Max(end, file.Sizes.OwedLength));
            if (end == length) return true;
            if (!file.Sizes.TryAgree(length, end, stored)) return false;
            behindEnd.DropClean(end);
        }
        finally
        {
            closed.Reopen();
        }

        // Sharers drop their copies of what was cut.
        await file.Sharers.InvalidateCopiesAsync(behind, mode, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// The end of the last page behind the store's end that has to stay, or the store's end if none has to; at most the
    /// file's end.
    /// </summary>
    private long EndOfKept(ByteRange behind, ClosedPages closed, long stored, long length)
    {
        long end = stored;
        foreach (var extent in file.Extents.In(behind))
        {
            lock (extent)
            {
                ulong kept = extent.NotDurable | extent.HeldByLease | extent.Claimed | extent.Suspended;
                kept = (kept | closed.StuckIn(extent)) & PageGeometry.PagesOf(extent.Index, behind);
                if (kept != PageMask.None) end = PageGeometry.BytesOf(extent.Index, PageMask.LastRun(kept)).End;
            }
        }

        return Math.Min(end, length);
    }
}
