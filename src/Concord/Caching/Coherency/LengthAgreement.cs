using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Makes the length agree with the store's, which another program may have changed (I10): what it appended is the
/// file's, what it cut off is not, and what is ours and not in the store yet keeps the file as long as that needs.
/// </summary>
/// <remarks>
/// A purge that reaches the file's end does this last; before a change of length or a write that leaves a gap, what
/// others appended is taken over. Called with the file held exclusively, except <see cref="IsStoreLongerAsync"/>.
/// </remarks>
internal sealed class LengthAgreement(FileState file, PagesBehindEnd behindEnd)
{
    /// <summary>So often it is tried again when another thread of the hold changes the length meanwhile.</summary>
    private const int TriesMax = 3;

    /// <summary>Takes over what another program did to the length.</summary>
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
    /// Takes over what another program appended, before the file is made longer by us: that must not write over it.
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
    /// Whether another program has appended: our own writes never make the store longer than the file.
    /// </summary>
    /// <exception cref="IOException">The store cannot be asked.</exception>
    internal async ValueTask<bool> IsStoreLongerAsync(CallMode mode, CancellationToken cancellationToken) =>
        await file.Store.GetLengthAsync(mode, cancellationToken).ConfigureAwait(false) > file.Sizes.Length;

    /// <summary>
    /// The store is at least as long. If the file's last page stays in memory, its bytes behind the old end are
    /// nobody's: the store's take their place, before anybody can write the page back with the new length.
    /// </summary>
    /// <returns>False if the length was changed meanwhile.</returns>
    private async ValueTask<bool> GrowAsync(
        long length, long stored, CallMode mode, CancellationToken cancellationToken)
    {
        if (stored > length) await behindEnd.ForgetAsync(mode).ConfigureAwait(false);
        int inPage = (int)(length & (PageGeometry.PageBytes - 1));
        if (stored == length || inPage == 0 || !file.HasSection) return file.Sizes.TryAgree(length, stored, stored);

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
                // A load that has begun read the page as long as it was.
                idle.AdvanceEpochLocked();
                bool agrees = asked.Sizes.TryAgree(asked.Length, asked.Stored, asked.Stored);
                int inside = (int)(asked.Length - PageGeometry.StartOf(idle.Index));
                if (agrees && ((idle.Resident | idle.Overwriting) & asked.Page) != PageMask.None)
                {
                    PageCopy.Copy(asked.Tail.Span, idle.BytesAt(inside, asked.Tail.Length), inside);
                }

                return agrees;
            },
            mode).ConfigureAwait(false);
    }

    /// <summary>
    /// The store is shorter. Pages behind its end go, but those that are held or that the store has yet to take.
    /// </summary>
    /// <returns>False if the length was changed meanwhile.</returns>
    private async ValueTask<bool> ShrinkAsync(
        long length, long stored, CallMode mode, CancellationToken cancellationToken)
    {
        var behind = ByteRange.FromBounds(stored, length).RoundOut(PageGeometry.PageBytes);
        await file.Sharers.CollectWritesAsync(
            behind, CoherencyOptions.None, mode, cancellationToken).ConfigureAwait(false);
        var closed = await ClosedPages.CloseAsync(file, behind, mode, isAbsentToo: true).ConfigureAwait(false);
        long end;
        try
        {
            end = EndOfKept(behind, closed, stored, length);
            if (end == length) return true;
            if (!file.Sizes.TryAgree(length, end, stored)) return false;
            behindEnd.DropClean(end);
        }
        finally
        {
            closed.Reopen();
        }

        await file.Sharers.InvalidateCopiesAsync(behind, mode, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Where the last page behind the store's end ends that has to stay, or the store's end; at most the file's.
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
