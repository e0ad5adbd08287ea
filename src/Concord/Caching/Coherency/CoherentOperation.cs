using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// The one operation: write a range back, make it durable, drop every copy, and say what stayed.
/// </summary>
/// <remarks>
/// <para>
/// A round collects what sharers wrote (<see cref="ISharers"/>), writes back (<see cref="FileWriteBack"/>), and waits
/// for the writes of others and for a barrier (<see cref="BarrierLedger"/>). A flush alone ends there. To purge, the
/// round advances the epochs, so that no load that began earlier publishes what it read, and begins the suspension if
/// the caller brought one. It then has sharers drop their copies, closes the pages and waits until readers have left
/// (<see cref="ClosedPages"/>), and drops what is clean, stable and not leased. Another round follows where pages were
/// written again meanwhile; there are three at most. Whatever is still there is left, with its reason. A purge that
/// reaches the end of the file then makes the length agree with the store's (<see cref="LengthAgreement"/>).
/// </para>
/// <para>
/// To drop is to change masks: the memory stays until an eviction gives it back, but in a staged section (<see
/// cref="FileState.IsStaged"/>) it is punched at once.
/// </para>
/// <para>
/// Called with the file held exclusively (<see cref="FileState.AcquireExclusiveAsync"/>), so that no user operation
/// runs, not even a hit, but those of the holder. Paging I/O goes on: loads for faults, what sharers write down, the
/// lazy writer.
/// </para>
/// </remarks>
internal sealed class CoherentOperation(FileState file, Loader loader, LengthAgreement lengths)
{
    /// <summary>
    /// How often pages that were written again meanwhile are written back once more, before they are reported.
    /// </summary>
    private const int RoundsMax = 3;

    private readonly FileWriteBack _writeBack = new(file);

    internal async ValueTask<CoherencyResult> RunAsync(
        object listener,
        ByteRange range,
        CoherencyOptions options,
        CallMode mode,
        CancellationToken cancellationToken,
        Suspension? suspension = null)
    {
        file.LeaveClosedStore();
        var report = new CoherencyReport(file, range, includesTail: suspension is not null);
        bool purges = !options.HasFlag(CoherencyOptions.NoPurge);

        for (int round = 1; ; round++)
        {
            // Step 2: sharers hand over what they wrote. The hold, step 1, is the caller's.
            report.BeginRound();
            await file.Sharers.CollectWritesAsync(
                report.PageRange, options, mode, cancellationToken).ConfigureAwait(false);

            // Step 3: everything goes to the store, and a barrier covers it.
            await FlushAsync(report, takesOut: purges, mode, cancellationToken).ConfigureAwait(false);
            if (report.Failure is not null || !purges) break;

            // A load that begins from here on has the store's bytes as they are now, or newer.
            await file.Store.RefreshAsync(mode, cancellationToken).ConfigureAwait(false);
            AdvanceEpochs(report.PageRange);
            suspension?.Begin();
            try
            {
                // Step 4: sharers drop their copies, and then we drop ours.
                report.Stayed(await file.Sharers
                    .InvalidateAsync(
                        report.PageRange, options, report.Frozen, mode, cancellationToken).ConfigureAwait(false));
                await DropPagesAsync(report, mode).ConfigureAwait(false);
            }
            finally
            {
                file.Sharers.Unfreeze(report.Frozen);
            }

            if (!NeedsAnotherRound(report.PageRange) || round == RoundsMax) break;
        }

        // Step 5: the length agrees with the store's, and a store that is memory has its lines flushed.
        if (!purges) ReportWriteLeasedPages(report);
        else if (report.Failure is null && range.End >= file.Sizes.Length)
        {
            await lengths.AgreeAsync(mode, cancellationToken).ConfigureAwait(false);
        }
        if (file.Store.IsMemory) file.Store.CheckedFlushLines(report.Range);

        // An error of bytes that were cut off since is told too: errors are never lost.
        return report.Finish(file.Errors.Tell(listener, CoherencyReport.IsWholeFile(range) ? range : report.Range));
    }

    /// <summary>Step 3: writes back, waits for the writes of others, and asks for a barrier if one is owed.</summary>
    private async ValueTask FlushAsync(
        CoherencyReport report, bool takesOut, CallMode mode, CancellationToken cancellationToken)
    {
        if (!report.Range.IsEmpty)
        {
            await EnsureStoreReachesAsync(report.Range.End, mode, cancellationToken).ConfigureAwait(false);
        }

        // Once more where a write or a barrier of somebody else failed meanwhile and left pages dirty again.
        for (int pass = 1; report.Failure is null
            && (pass == 1 || (HasDirty(report.PageRange) && pass <= RoundsMax)); pass++)
        {
            var (bytes, error) = await _writeBack.WriteAsync(
                report.PageRange, mode, cancellationToken, takesOut: takesOut).ConfigureAwait(false);
            report.Wrote(bytes, error);
            await _writeBack.WaitForWritesInFlightAsync(report.PageRange, mode).ConfigureAwait(false);
            try
            {
                await file.Ledger.MakeDurableAsync(file.Ledger.Accepted, mode).ConfigureAwait(false);
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
    private async ValueTask EnsureStoreReachesAsync(long end, CallMode mode, CancellationToken cancellationToken)
    {
        while (file.Sizes.StoreLength < end)
        {
            // Looked for first: a page that this operation itself has suspended must not be waited for.
            long index = PageGeometry.ExtentOf(end - 1);
            ulong page = PageGeometry.PagesOf(index, new ByteRange(end - 1, 1));
            var extent = file.EnsureExtent(index);
            lock (extent)
            {
                if ((extent.Resident & page) != 0)
                {
                    extent.MarkDirty(page);
                    return;
                }
            }

            // Under a lease that overwrites it, nobody has written the page yet.
            if (!await loader.TryEnsureResidentAsync(index, page, mode, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <summary>Step 4, first: a load that began earlier cannot publish what it read.</summary>
    private void AdvanceEpochs(ByteRange range)
    {
        foreach (var extent in file.Extents.In(range))
        {
            lock (extent) extent.AdvanceEpochLocked();
        }
    }

    /// <summary>
    /// Step 4, last: drops each page that is clean, stable, and that nothing holds. The pages are closed first, since
    /// whoever has the hold may read and write from several threads meanwhile.
    /// </summary>
    private async ValueTask DropPagesAsync(CoherencyReport report, CallMode mode)
    {
        var closed = await ClosedPages.CloseAsync(file, report.PageRange, mode).ConfigureAwait(false);
        var punched = new List<(Extent Extent, ulong Pages)>();
        foreach (var (extent, resident) in closed.Parts)
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, report.PageRange);
            ulong stuck = closed.StuckIn(extent);
            lock (extent)
            {
                pages &= ~file.Sharers.PagesFreshLocked(extent);
                ulong dropped = pages & resident & extent.DroppableLocked & ~(stuck | report.HeldBySharers(
                    extent.Index));
                extent.DropLocked(dropped, file.Scheduler);
                extent.ReopenLocked(resident, file.Scheduler);
                file.Sharers.ClaimDroppedLocked(extent, dropped, punched);
                report.Purged(PageMask.Count(dropped));

                // A page that was loaded since the pages were closed is newer than the purge: it did not stay.
                ulong loaded = extent.DroppableLocked & ~resident;
                report.KeptLocked(extent, pages & ((extent.Resident & ~loaded) | extent.Overwriting), stuck);
            }
        }

        report.KeptBySharers();

        // A view asks no masks.
        file.Sharers.GiveBack(punched);
    }

    /// <summary>
    /// Without a purge pages stay by request; only those whose holder can still change them are worth a word.
    /// </summary>
    private void ReportWriteLeasedPages(CoherencyReport report)
    {
        foreach (var extent in file.Extents.In(report.PageRange))
        {
            lock (extent) report.WriteLeasedLocked(extent, PageGeometry.PagesOf(extent.Index, report.PageRange));
        }
    }

    private bool HasDirty(ByteRange range) => HasAny(range, static (extent, _, _) => extent.Dirty);

    /// <summary>
    /// Whether a page was written meanwhile and is on its way into the store, or was a moment ago: once more, and it
    /// can be dropped. A leased page stays whatever is done.
    /// </summary>
    private bool NeedsAnotherRound(ByteRange range) => HasAny(range, static (extent, _, _) =>
        extent.Dirty | ((extent.Writing | extent.Unstable) & ~extent.Leased));

    private bool HasAny(ByteRange range, Func<Extent, ulong, FileState, ulong> findLocked) =>
        !file.Pending.IsZero && file.Extents.Any(range, file, findLocked);
}
