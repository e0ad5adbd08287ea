using System.Runtime.ExceptionServices;
using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>Changes of a file's length, and discarding. Called with the file held exclusively.</summary>
internal sealed class SizeChanges(CacheMap map)
{
    internal async ValueTask SetLengthAsync(long length, CallMode mode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (length < map.Sizes.Length) await CutAsync(length, mode).ConfigureAwait(false);
        else if (length > map.Sizes.Length) await ExtendAsync(length, mode).ConfigureAwait(false);
    }

    /// <summary>
    /// Drops pages that lie wholly in a range, even dirty ones, without writing them. Pages under a lease stay, or
    /// are waited for.
    /// </summary>
    /// <returns>Whether every page was dropped.</returns>
    internal async ValueTask<bool> DiscardAsync(
        ByteRange range, bool waitForLeases, CallMode mode, CancellationToken cancellationToken)
    {
        bool all = true;
        var punched = new List<(Extent Extent, ulong Pages)>();
        foreach (var extent in map.Extents.In(range))
        {
            ulong pages = WholePagesOf(extent.Index, range);
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Signal change;
                lock (extent)
                {
                    ulong busy = pages & (extent.Writing | (waitForLeases ? extent.Leased : PageMask.None));
                    if (busy == 0)
                    {
                        // What a view has mapped is in use, as a lease is (NT: CcPurgeCacheSection).
                        ulong used = extent.Leased | map.Views.Pages.InUseLocked(extent, pages);
                        extent.DiscardLocked(pages & ~used, map.Scheduler);
                        map.Views.Pages.ClaimDroppedLocked(extent, pages & ~used, punched);
                        all &= (pages & used & extent.Resident) == 0;
                        break;
                    }

                    change = extent.NextChangeLocked();
                }

                await change.WaitAsync(mode).ConfigureAwait(false);
            }
        }

        map.Views.Pages.GiveBack(punched);
        return all;
    }

    /// <summary>
    /// The file is about to become longer without anybody writing the bytes from its end on: what views wrote there,
    /// which was nobody's, becomes zeros.
    /// </summary>
    internal void ForgetBehindEnd()
    {
        if (!map.Views.IsStaged) return;
        long length = map.Sizes.Length;
        DropBehind(length, new ByteRange(length, long.MaxValue - length));
        ClearTail(length);
    }

    /// <summary>Drops what lies wholly behind an end, dirty or not, out of the views too.</summary>
    private void DropBehind(long length, ByteRange range)
    {
        var punched = new List<(Extent Extent, ulong Pages)>();
        foreach (var extent in map.Extents.In(range))
        {
            ulong pages = WholePagesOf(extent.Index, ByteRange.FromBounds(length, long.MaxValue));
            lock (extent)
            {
                pages &= ~(extent.Leased | extent.Writing);
                extent.DiscardLocked(pages, map.Scheduler);
                map.Views.Pages.ClaimDroppedLocked(extent, pages, punched);
            }
        }

        map.Views.Pages.GiveBack(punched);
    }

    private async ValueTask ExtendAsync(long length, CallMode mode)
    {
        // Without views the tail of the last page is zeros already: nothing writes there, and a cut clears it.
        ForgetBehindEnd();
        var late = await TellStoreAsync(length, mode).ConfigureAwait(false);
        map.Ledger.NoteAccepted();
        map.Sizes.SetLength(length);
        late?.Throw();
    }

    /// <summary>Sets the store's length. A store that answers with an error may have done it all the same.</summary>
    /// <returns>The error of a store that has the new length now, or null.</returns>
    /// <exception cref="IOException">The store refused, and has its old length.</exception>
    private async ValueTask<ExceptionDispatchInfo?> TellStoreAsync(long length, CallMode mode)
    {
        long before = map.Store.GetLength();
        try
        {
            await map.Store.SetLengthAsync(length, mode).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (before != length && map.Store.GetLength() == length)
        {
            return ExceptionDispatchInfo.Capture(error);
        }
    }

    private async ValueTask CutAsync(long length, CallMode mode)
    {
        var cut = ByteRange.FromBounds(length, Math.Max(length, map.Sizes.Length)).RoundOut(PageGeometry.PageBytes);
        RefuseLeased(cut);
        var claimed = await ClaimAsync(cut, mode).ConfigureAwait(false);
        ExceptionDispatchInfo? late;
        try
        {
            late = await TellStoreAsync(length, mode).ConfigureAwait(false);
        }
        catch
        {
            foreach (var (extent, pages) in claimed)
            {
                lock (extent) extent.EndWriteLocked(pages, accepted: false, map.Scheduler);
            }

            throw;
        }

        map.Ledger.NoteAccepted();
        map.Sizes.SetLength(length);
        var punched = new List<(Extent Extent, ulong Pages)>();
        foreach (var extent in map.Extents.In(cut))
        {
            lock (extent)
            {
                // In one step with the end of the claim, or a write-back comes between.
                if (claimed.Remove(extent, out ulong pages)) extent.EndWriteLocked(pages, accepted: false, map.Scheduler);
                ulong gone = WholePagesOf(extent.Index, ByteRange.FromBounds(length, cut.End));
                extent.DiscardLocked(gone, map.Scheduler);
                map.Views.Pages.ClaimDroppedLocked(extent, gone, punched);
            }
        }

        map.Views.Pages.GiveBack(punched);

        // After the epochs: a load that read what was cut off cannot bring it in behind the clearing.
        ClearTail(length);
        late?.Throw();
    }

    private void RefuseLeased(ByteRange cut)
    {
        foreach (var extent in map.Extents.In(cut))
        {
            lock (extent)
            {
                if ((extent.Leased & PageGeometry.PagesOf(extent.Index, cut)) == 0) continue;
                throw new IOException(
                    $"cannot cut {map.Store.Name}: a lease holds pages beyond the new end; dispose it first");
            }
        }
    }

    /// <summary>
    /// Waits for writes in flight to what will be cut, and claims what is dirty there as if to write it, so that no
    /// write-back makes the store longer again; unstable pages too, which a failed barrier would make dirty meanwhile.
    /// </summary>
    private async ValueTask<Dictionary<Extent, ulong>> ClaimAsync(ByteRange cut, CallMode mode)
    {
        var claimed = new Dictionary<Extent, ulong>();
        foreach (var extent in map.Extents.In(cut))
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, cut);
            while (true)
            {
                Signal change;
                lock (extent)
                {
                    if ((extent.Writing & pages) == 0)
                    {
                        extent.MarkDirty(extent.Unstable & pages);
                        ulong dirty = extent.Dirty & pages;
                        if (dirty == 0) break;
                        extent.BeginWriteLocked(dirty, map.Scheduler);
                        claimed.Add(extent, dirty);
                        break;
                    }

                    change = extent.NextChangeLocked();
                }

                await change.WaitAsync(mode).ConfigureAwait(false);
            }
        }

        return claimed;
    }

    /// <summary>Zeros from the new end to the end of its page, if that page is in memory.</summary>
    private void ClearTail(long length)
    {
        int inside = (int)(length & (PageGeometry.ExtentBytes - 1));
        int pageEnd = (inside + PageGeometry.PageBytes - 1) & -PageGeometry.PageBytes;
        if (pageEnd == inside || map.Extents.Find(PageGeometry.ExtentOf(length)) is not { } extent) return;
        lock (extent)
        {
            if ((extent.Resident >> (inside >> PageGeometry.PageShift) & 1) != 0) extent.BytesAt(inside, pageEnd - inside).Clear();
        }
    }

    /// <summary>The pages of an extent that lie wholly in a range.</summary>
    private static ulong WholePagesOf(long index, ByteRange range)
    {
        long start = (range.Offset + PageGeometry.PageBytes - 1) & -PageGeometry.PageBytes;
        long end = range.End == long.MaxValue ? range.End : range.End & -PageGeometry.PageBytes;
        return start < end ? PageGeometry.PagesOf(index, ByteRange.FromBounds(start, end)) : PageMask.None;
    }
}
