using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// The one operation: write a range back, make it durable, drop every copy, and say what stayed.
/// </summary>
/// <remarks>
/// Called with the file held exclusively (<see cref="CacheMap.AcquireExclusiveAsync"/>), so that no user operation
/// runs. Paging I/O goes on: loads for faults, what sharers write down, the lazy writer.
/// </remarks>
internal sealed class CoherentOperation(CacheMap map)
{
    /// <summary>How often pages that were written again meanwhile are written back once more, before they are reported.</summary>
    private const int RoundsMax = 3;

    internal async ValueTask<CoherencyResult> RunAsync(
        object listener,
        ByteRange range,
        CoherencyOptions options,
        CallMode mode,
        CancellationToken cancellationToken,
        Bar? bar = null)
    {
        var report = new CoherencyReport(map, range, includesTail: bar is not null);
        bool purges = !options.HasFlag(CoherencyOptions.NoPurge);

        for (int round = 1; ; round++)
        {
            report.BeginRound();
            await CollectWritesAsync(report.Pages, options, mode, cancellationToken).ConfigureAwait(false);
            await FlushAsync(report, takesOut: purges, mode, cancellationToken).ConfigureAwait(false);
            if (report.Failure is not null || !purges) break;

            AdvanceEpochs(report.Pages);
            bar?.Set();
            try
            {
                await InvalidateSharersAsync(report, options, mode, cancellationToken).ConfigureAwait(false);
                await DropPagesAsync(report, mode).ConfigureAwait(false);
            }
            finally
            {
                map.Views.Sharer.EndInvalidation(report.Frozen);
            }

            if (!IsUnsettled(report.Pages) || round == RoundsMax) break;
        }

        if (!purges) ListLentPages(report);
        else if (CoherencyReport.IsWholeFile(range) && report.HasNothingLeft) AdoptLength();
        if (map.Store.IsMemory) map.Store.FlushLines(report.Range);

        // An error of bytes that were cut off since is told too: errors are never lost.
        return report.Finish(map.Errors.Tell(listener, CoherencyReport.IsWholeFile(range) ? range : report.Range));
    }

    /// <summary>Step 2: what sharers changed and the section does not know of becomes dirty in the section.</summary>
    private async ValueTask CollectWritesAsync(
        ByteRange range, CoherencyOptions options, CallMode mode, CancellationToken cancellationToken)
    {
        foreach (var sharer in map.Sharers)
        {
            if (Skips(sharer, range, options)) continue;
            await map.Scheduler.PointAsync().ConfigureAwait(false);
            await sharer.CollectWritesAsync(range, mode, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Step 3: writes back, waits for the writes of others, and asks for a barrier if one is owed.</summary>
    private async ValueTask FlushAsync(CoherencyReport report, bool takesOut, CallMode mode, CancellationToken cancellationToken)
    {
        if (!report.Range.IsEmpty) await ReachAsync(report.Range.End, mode, cancellationToken).ConfigureAwait(false);

        // Once more where a write or a barrier of somebody else failed meanwhile and left pages dirty again.
        for (int pass = 1; report.Failure is null && (pass == 1 || (HasUnwritten(report.Pages) && pass <= RoundsMax)); pass++)
        {
            var (bytes, error) = await map.WriteBack.WriteAsync(
                report.Pages, mode, cancellationToken, takesOut: takesOut).ConfigureAwait(false);
            report.Wrote(bytes, error);
            await map.WriteBack.WaitForWritesInFlightAsync(report.Pages, mode).ConfigureAwait(false);
            try
            {
                await map.Ledger.MakeDurableAsync(map.Ledger.Accepted, mode).ConfigureAwait(false);
            }
            catch (IOException barrierError)
            {
                report.Wrote(0, barrierError);
            }
        }
    }

    /// <summary>
    /// A write far beyond the old end left a gap that nobody wrote: where the store does not reach the end of the
    /// range yet, the gap's last page is written as well, so that the store has the gap's zeros.
    /// </summary>
    private async ValueTask ReachAsync(long end, CallMode mode, CancellationToken cancellationToken)
    {
        while (map.Sizes.StoreLength < end)
        {
            // Looked for first: a page that this operation itself has barred must not be waited for.
            long index = PageGeometry.ExtentOf(end - 1);
            ulong page = PageGeometry.PagesOf(index, new ByteRange(end - 1, 1));
            var extent = map.ExtentAt(index);
            lock (extent)
            {
                if ((extent.Resident & page) != 0)
                {
                    extent.MarkDirty(page);
                    return;
                }
            }

            // Under a lease that overwrites it, nobody has written the page yet.
            if (!await map.Loader.TryBringInAsync(index, page, mode, cancellationToken).ConfigureAwait(false)) return;
        }
    }

    /// <summary>Step 4, first: a load that began earlier cannot publish what it read.</summary>
    private void AdvanceEpochs(ByteRange range)
    {
        foreach (var extent in map.Extents.In(range))
        {
            lock (extent) extent.AdvanceEpochLocked();
        }
    }

    /// <summary>Step 4, then: every sharer drops its copies, or says which it could not drop.</summary>
    private async ValueTask InvalidateSharersAsync(
        CoherencyReport report, CoherencyOptions options, CallMode mode, CancellationToken cancellationToken)
    {
        foreach (var sharer in map.Sharers)
        {
            if (Skips(sharer, report.Pages, options)) continue;
            await map.Scheduler.PointAsync().ConfigureAwait(false);
            report.Stayed(sharer is ViewSharer views
                ? await views.InvalidateAsync(report.Pages, report.Frozen, mode, cancellationToken).ConfigureAwait(false)
                : await sharer.InvalidateAsync(report.Pages, mode, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// Step 4, last: drops each page that is clean, stable, and that nothing holds. The pages are closed first, since
    /// whoever has the hold may read and write from several threads meanwhile.
    /// </summary>
    private async ValueTask DropPagesAsync(CoherencyReport report, CallMode mode)
    {
        var closed = await ClosedPages.CloseAsync(map, report.Pages, mode).ConfigureAwait(false);
        var punched = new List<(Extent Extent, ulong Pages)>();
        foreach (var (extent, resident) in closed.Parts)
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, report.Pages);
            ulong stuck = closed.StuckIn(extent);
            lock (extent)
            {
                pages &= ~map.Views.Pages.FreshLocked(extent);
                ulong dropped = pages & resident & extent.DroppableLocked & ~(stuck | report.HeldBySharers(extent.Index));
                extent.DropLocked(dropped, map.Scheduler);
                extent.ReopenLocked(resident, map.Scheduler);
                map.Views.Pages.ClaimDroppedLocked(extent, dropped, punched);
                report.Purged(PageMask.Count(dropped));

                // What was loaded since the pages were closed is newer than the purge, and no copy that stayed.
                ulong loaded = extent.DroppableLocked & ~resident;
                report.KeptLocked(extent, pages & ((extent.Resident & ~loaded) | extent.Prepared), stuck);
            }
        }

        report.KeptBySharers();

        // A view asks no masks.
        map.Views.Pages.GiveBack(punched);
    }

    /// <summary>
    /// Nothing is in memory, so the store says how long the file is. Another thread of the hold may write meanwhile: then
    /// the file stays as long as it was, and what was written in between goes to the store once more.
    /// </summary>
    private void AdoptLength()
    {
        long stored = map.Store.CheckedLength();
        if (map.Sizes.Adopt(stored) is not { } before) return;

        // Whoever wrote before that has marked its page when it leaves.
        var behind = ByteRange.FromBounds(stored, before.Length);
        if (map.DrainPins() && !HasAny(behind, static extent => extent.Unwritten | extent.Writing | extent.Unstable | extent.Loading)) return;
        map.Sizes.Restore(before);
        foreach (var extent in map.Extents.In(behind))
        {
            lock (extent) extent.MarkDirty(extent.Resident & PageGeometry.PagesOf(extent.Index, behind));
        }
    }

    /// <summary>Without a purge pages stay by request; only those whose holder can still change them are worth a word.</summary>
    private void ListLentPages(CoherencyReport report)
    {
        foreach (var extent in map.Extents.In(report.Pages))
        {
            lock (extent) report.LentLocked(extent, PageGeometry.PagesOf(extent.Index, report.Pages));
        }
    }

    private bool HasUnwritten(ByteRange range) => !map.Unsettled.AreNone && HasAny(range, static extent => extent.Dirty);

    /// <summary>
    /// Whether a page was written meanwhile and is on its way into the store, or was a moment ago: once more, and it can
    /// be dropped. A leased page stays whatever is done.
    /// </summary>
    private bool IsUnsettled(ByteRange range) =>
        !map.Unsettled.AreNone && HasAny(range, static extent => extent.Dirty | ((extent.Writing | extent.Unstable) & ~extent.Leased));

    private bool HasAny(ByteRange range, Func<Extent, ulong> maskLocked)
    {
        foreach (var extent in map.Extents.In(range))
        {
            lock (extent)
            {
                if ((maskLocked(extent) & PageGeometry.PagesOf(extent.Index, range)) != 0) return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a sharer is left alone because the caller promised that there are no views. A view that can write
    /// is never skipped: a broken promise must not lose data.
    /// </summary>
    private bool Skips(ISharer sharer, ByteRange range, CoherencyOptions options)
    {
        if (!options.HasFlag(CoherencyOptions.ViewsNotSeen) || !sharer.IsUserView) return false;
        if (!sharer.CanWrite(range)) return true;
        map.CountBrokenPromise();
        return false;
    }
}
