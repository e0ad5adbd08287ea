using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// The one operation: writes a range back, makes it durable, drops every copy, and reports what stayed.
/// </summary>
/// <remarks>
/// <para>
/// A round collects what sharers wrote (<see cref="ISharers"/>), writes back (<see cref="FileWriteBack"/>), and waits
/// for the writes of other calls and for a barrier (<see cref="BarrierLedger"/>). A flush alone ends there. To purge,
/// the round advances the epochs, so that no load that began earlier publishes what it read, and begins the suspension
/// if the caller passed one. It then has sharers drop their copies, closes the pages and waits until copies inside have
/// ended (<see cref="ClosedPages"/>), and drops the pages that are clean, stable and not leased. Another round follows
/// where pages were written again meanwhile; there are three at most. Pages that are still resident are reported, each
/// with its reason. A purge that reaches the end of the file then makes the length agree with the store's
/// (<see cref="LengthAgreement"/>).
/// </para>
/// <para>
/// To drop a page is to change masks: its memory stays until an eviction gives it back. In a staged section
/// (<see cref="FileState.IsStaged"/>) the memory is punched at once.
/// </para>
/// <para>
/// Called with the file held exclusively (<see cref="FileState.AcquireExclusiveAsync"/>), so that no user operation
/// runs except those of the holder, not even a hit. Paging I/O goes on: loads for faults, writes of sharers, the lazy
/// writer.
/// </para>
/// <para>
/// The last operation of a file, before it leaves the cache, does not ask the store for what other programs wrote: if
/// nothing is to be written, it does not call the store, which may lie in a file that is closed.
/// </para>
/// </remarks>
internal sealed class CoherentOperation(FileState file, Loader loader, LengthAgreement lengths)
{
    /// <summary>
    /// How many rounds write back pages that were written again meanwhile, before such pages are reported.
    /// </summary>
    private const int RoundsMax = 3;

    private readonly FileWriteBack _writeBack = new(file);

    internal async ValueTask<CoherencyResult> RunAsync(
        object listener,
        ByteRange range,
        CoherencyOptions options,
        CallMode mode,
        CancellationToken cancellationToken,
        Suspension? suspension = null,
        bool isLast = false)
    {
        file.LeaveClosedStore();
        var report = new CoherencyReport(file, range, includesTail: suspension is not null);
        bool purges = !options.HasFlag(CoherencyOptions.NoPurge);

        for (int round = 1; ; round++)
        {
            // Step 2: sharers hand over what they wrote. Step 1 is the hold, which the caller has taken.
            report.BeginRound();
            await file.Sharers.CollectWritesAsync(
                report.PageRange, options, mode, cancellationToken).ConfigureAwait(false);

            // Step 3: write everything to the store, and have a barrier cover it.
            await FlushAsync(report, takesOut: purges, mode, cancellationToken).ConfigureAwait(false);
            if (report.Failure is not null || !purges) break;

            // A load that begins from here on reads the store's bytes as they are now, or newer ones.
            if (!isLast) await file.Store.RefreshAsync(mode, cancellationToken).ConfigureAwait(false);
            AdvanceEpochs(report.PageRange);
            suspension?.Begin();
            try
            {
                // Step 4: sharers drop their copies, and then the section drops its pages.
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
        else if (report.Failure is null && range.End >= file.Sizes.Length && !isLast)
        {
            await lengths.AgreeAsync(mode, cancellationToken).ConfigureAwait(false);
        }
        if (file.Store.Traits.IsMemory) file.Store.CheckedFlushLines(report.Range);

        // An error of bytes that were cut off since is reported too: errors are never lost.
        return report.Finish(file.Errors.Tell(listener, CoherencyReport.IsWholeFile(range) ? range : report.Range));
    }

    /// <summary>
    /// Step 3: writes back, waits for the writes of other calls, and asks for a barrier if one is owed.
    /// </summary>
    private async ValueTask FlushAsync(
        CoherencyReport report, bool takesOut, CallMode mode, CancellationToken cancellationToken)
    {
        if (!report.Range.IsEmpty)
        {
            await EnsureStoreReachesAsync(report.Range.End, mode, cancellationToken).ConfigureAwait(false);
        }

        // Write again where a write or a barrier of another call failed meanwhile and left pages dirty.
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
    /// A write far beyond the old end leaves a gap of zeros. Where the store does not reach the end of the range yet,
    /// the gap's last page is marked dirty and written as well, so that the store has the gap's zeros.
    /// </summary>
    private async ValueTask EnsureStoreReachesAsync(long end, CallMode mode, CancellationToken cancellationToken)
    {
        while (file.Sizes.StoreLength < end)
        {
            // Look for a resident page first: a page that this operation itself has suspended must not be waited for.
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

            // Load the page, and look again.
            // Where a lease overwrites the page, its bytes do not count as written yet.
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
    /// Step 4, last: drops each page that is clean, stable and not held. The pages are closed first, since the holder
    /// of the file may read and write from several threads meanwhile.
    /// </summary>
    private async ValueTask DropPagesAsync(CoherencyReport report, CallMode mode)
    {
        // Close the pages, and wait for the copies inside.
        var closed = await ClosedPages.CloseAsync(file, report.PageRange, mode).ConfigureAwait(false);
        var punched = new List<(Extent Extent, ulong Pages)>();
        foreach (var (extent, resident) in closed.Parts)
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, report.PageRange);
            ulong stuck = closed.StuckIn(extent);
            lock (extent)
            {
                // Drop what may be dropped, except pages that a writable view may have mapped since the invalidation.
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

        // Views do not look at masks: give the memory of dropped pages back, so that they lose it too.
        file.Sharers.GiveBack(punched);
    }

    /// <summary>
    /// Without a purge pages stay by request; reports only those that a lease can still change.
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
    /// Whether a page was written meanwhile, or its write or barrier is under way: after another round it can be
    /// dropped. A leased page stays in any case: it asks for another round only when it is dirty.
    /// </summary>
    private bool NeedsAnotherRound(ByteRange range) => HasAny(range, static (extent, _, _) =>
        extent.Dirty | ((extent.Writing | extent.Unstable) & ~extent.Leased));

    private bool HasAny(ByteRange range, Func<Extent, ulong, FileState, ulong> findLocked) =>
        !file.Pending.IsZero && file.Extents.Any(range, file, findLocked);
}
