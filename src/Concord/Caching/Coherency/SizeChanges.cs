using System.Runtime.ExceptionServices;
using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>Changes of a file's length. Called with the file held exclusively.</summary>
internal sealed class SizeChanges(FileState file, PagesBehindEnd behindEnd, LengthAgreement lengths)
{
    internal async ValueTask SetLengthAsync(long length, CallMode mode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await lengths.AdmitAppendedAsync(mode, cancellationToken).ConfigureAwait(false);
        if (length < file.Sizes.Length) await CutWithoutSharersAsync(length, mode).ConfigureAwait(false);
        else if (length > file.Sizes.Length) await ExtendAsync(length, mode).ConfigureAwait(false);
    }

    /// <summary>Cuts file and store to nothing, also where the store has become longer than the file.</summary>
    internal async ValueTask CutToNothingAsync(CallMode mode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long stored = await file.Store.GetLengthAsync(mode, cancellationToken).ConfigureAwait(false);
        if (stored > 0 || file.Sizes.Length > 0) await CutWithoutSharersAsync(0, mode).ConfigureAwait(false);
    }

    /// <summary>
    /// Sets the length and the valid length that the store's owner tells (see
    /// <see cref="FileSizes.SetValid"/>).
    /// </summary>
    internal async ValueTask SetSizesAsync(
        long length, long validLength, CallMode mode, CancellationToken cancellationToken)
    {
        // Bytes that came through the cache are valid, even where the owner does not know of them yet.
        bool isUntouched = file.Ledger.Accepted == 0 && !HasPages();
        await SetLengthAsync(length, mode, cancellationToken).ConfigureAwait(false);
        file.Sizes.SetValid(validLength, mayLower: isUntouched);
    }

    private bool HasPages() => file.Extents.Any(
        new ByteRange(0, long.MaxValue), file, static (extent, _, _) => extent.Resident);

    private async ValueTask ExtendAsync(long length, CallMode mode)
    {
        // Without views the tail of the last page is zeros already: nothing writes there, and a cut clears it.
        await behindEnd.ForgetAsync(mode).ConfigureAwait(false);
        var late = await TellStoreAsync(length, mode).ConfigureAwait(false);
        file.Ledger.NoteAccepted();
        file.Sizes.SetLength(length);
        late?.Throw();
    }

    /// <summary>Sets the store's length. A store that answers with an error may have done it all the same.</summary>
    /// <returns>The error of a store that has the new length now, or null.</returns>
    /// <exception cref="IOException">The store refused, and has its old length.</exception>
    private async ValueTask<ExceptionDispatchInfo?> TellStoreAsync(long length, CallMode mode)
    {
        file.LeaveClosedStore();
        long before = await file.Store.GetLengthAsync(mode, CancellationToken.None).ConfigureAwait(false);
        try
        {
            await file.Store.SetLengthAsync(length, mode).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (before != length)
        {
            long? now = await file.Store.LengthOrNoneAsync(mode).ConfigureAwait(false);
            if (now != length) throw;
            return ExceptionDispatchInfo.Capture(error);
        }
    }

    /// <summary>
    /// Cuts, while sharers' writes behind the new end wait: no hold keeps them out, and a write in between would be
    /// written back behind the cut.
    /// </summary>
    private async ValueTask CutWithoutSharersAsync(long length, CallMode mode)
    {
        // A full fence: a sharer's write that has not seen it is met by the claim, which locks each extent.
        using var underWay = file.BeginCut(length);
        await CutAsync(length, mode).ConfigureAwait(false);
    }

    private async ValueTask CutAsync(long length, CallMode mode)
    {
        // Close the pages behind the new end, refuse where one is held, and cut.
        var cut = ByteRange.FromBounds(length, Math.Max(length, file.Sizes.Length)).RoundOut(PageGeometry.PageBytes);
        var closed = await ClosedPages.CloseAsync(file, cut, mode, isAbsentToo: true).ConfigureAwait(false);
        ExceptionDispatchInfo? late;
        try
        {
            RefuseHeld(cut, closed);
            late = await CutClosedAsync(length, cut, mode).ConfigureAwait(false);
        }
        finally
        {
            closed.Reopen();
        }

        late?.Throw();
    }

    /// <summary>Cuts the store and then the file. The caller has closed the pages behind the new end.</summary>
    /// <returns>The error of a store that has the new length all the same, or null.</returns>
    private async ValueTask<ExceptionDispatchInfo?> CutClosedAsync(long length, ByteRange cut, CallMode mode)
    {
        // Claim what a write-back could write behind the cut.
        var claimed = await ClaimAsync(cut, mode).ConfigureAwait(false);
        ExceptionDispatchInfo? late;
        try
        {
            // Cut the store first: if it refuses, nothing has changed.
            late = await TellStoreAsync(length, mode).ConfigureAwait(false);
        }
        catch
        {
            EndClaim(claimed);
            throw;
        }

        // The store is cut: set the file's length, and drop the pages behind it.
        file.Ledger.NoteAccepted();
        file.Sizes.SetLength(length);
        var punched = new List<(Extent Extent, ulong Pages)>();
        foreach (var extent in file.Extents.In(cut))
        {
            lock (extent)
            {
                // End the claim and discard under one lock, so that no write-back comes between.
                if (claimed.Remove(extent, out ulong pages))
                {
                    extent.EndWriteLocked(pages, accepted: false, file.Scheduler);
                }
                ulong gone = PageGeometry.WholePagesOf(
                    extent.Index, ByteRange.FromBounds(length, cut.End)) & ~(extent.Leased | extent.Writing);
                extent.DiscardLocked(gone, file.Scheduler);
                file.Sharers.ClaimDroppedLocked(extent, gone, punched);
            }
        }

        file.Sharers.GiveBack(punched);

        // Clear the tail after the epochs have advanced: no load can bring back what was cut off.
        behindEnd.ClearTail(length);
        return late;
    }

    private void RefuseHeld(ByteRange cut, ClosedPages closed)
    {
        foreach (var extent in file.Extents.In(cut))
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, cut);
            if ((closed.StuckIn(extent) & pages) != 0)
            {
                throw new PagesHeldException($"cannot cut {file.Store.Label}: a copy from or to pages beyond the new "
                    + "end does not come to its end");
            }

            lock (extent)
            {
                if ((extent.HeldByLease & pages) == 0) continue;
                throw new PagesHeldException(
                    $"cannot cut {file.Store.Label}: a lease holds pages beyond the new end; dispose it first");
            }
        }
    }

    /// <summary>
    /// Waits for writes in flight to what will be cut, and claims what is dirty there as if to write it, so that no
    /// write-back makes the store longer again. Unstable pages are claimed too: a failed barrier would make them dirty.
    /// </summary>
    /// <exception cref="IOException">One of the writes does not end; nothing is claimed.</exception>
    private async ValueTask<Dictionary<Extent, ulong>> ClaimAsync(ByteRange cut, CallMode mode)
    {
        var claimed = new Dictionary<Extent, ulong>();
        try
        {
            await ClaimAsync(cut, claimed, mode).ConfigureAwait(false);
            return claimed;
        }
        catch
        {
            EndClaim(claimed);
            throw;
        }
    }

    private async ValueTask ClaimAsync(ByteRange cut, Dictionary<Extent, ulong> claimed, CallMode mode)
    {
        foreach (var extent in file.Extents.In(cut))
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, cut);
            await extent.WhenIdleAsync(
                (Pages: pages, Claimed: claimed, file.Scheduler),
                static (busy, asked) => busy.Writing & asked.Pages,
                static (idle, asked) =>
                {
                    // Count unstable pages as dirty; then claim what is dirty.
                    idle.MarkDirty(idle.Unstable & asked.Pages);
                    ulong dirty = idle.Dirty & asked.Pages;
                    if (dirty == 0) return;
                    idle.BeginWriteLocked(dirty, asked.Scheduler);
                    asked.Claimed.Add(idle, dirty);
                },
                file.StoreWait,
                mode).ConfigureAwait(false);
        }
    }

    /// <summary>Ends a claim without a cut: the pages are dirty as before.</summary>
    private void EndClaim(Dictionary<Extent, ulong> claimed)
    {
        foreach (var (extent, pages) in claimed)
        {
            lock (extent) extent.EndWriteLocked(pages, accepted: false, file.Scheduler);
        }
    }
}
