using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Drops pages that lie wholly in a range, even dirty ones, without writing them. Called with the file held
/// exclusively.
/// </summary>
internal sealed class Discarding(FileState file)
{
    /// <summary>
    /// Discards a range. Pages under a lease stay, or are waited for. Pages that a view shows stay, and pages with a
    /// copy stuck inside.
    /// </summary>
    /// <returns>Whether every page was dropped.</returns>
    /// <exception cref="IOException">
    /// A call of the file's store does not answer: the pages that are left are as they were.
    /// </exception>
    internal async ValueTask<bool> DiscardAsync(
        ByteRange range, bool waitForLeases, CallMode mode, CancellationToken cancellationToken)
    {
        // 1. Close the pages to discard: from here on hits and leases wait.
        var (closed, goesAll) = await CloseAsync(range, waitForLeases, mode, cancellationToken).ConfigureAwait(false);

        // 2. Wait for the copies inside, and drop the pages.
        closed.Drain();
        var punched = new List<(Extent Extent, ulong Pages)>();
        int done = 0;
        try
        {
            for (; done < closed.Parts.Count; done++)
            {
                var (extent, pages) = closed.Parts[done];
                goesAll &= await DropAsync(extent, pages, closed.StuckIn(extent), punched, mode).ConfigureAwait(false);
            }
        }
        finally
        {
            // 3. Views do not look at masks: the dropped pages lose their memory too. After an error nothing stays
            // closed.
            closed.Reopen(from: done);
            file.Sharers.GiveBack(punched);
        }

        return goesAll;
    }

    /// <summary>
    /// Closes the pages that can be dropped, in each extent as soon as no other call is busy with them.
    /// </summary>
    /// <returns>What was closed, and whether no page has to stay.</returns>
    private async ValueTask<(ClosedPages Closed, bool GoesAll)> CloseAsync(
        ByteRange range, bool waitForLeases, CallMode mode, CancellationToken cancellationToken)
    {
        var closed = new ClosedPages(file);
        bool goesAll = true;
        try
        {
            // Close the extent's pages that may go; note whether one has to stay.
            foreach (var extent in file.Extents.In(range))
            {
                var part = new Part(file, extent.Index, range, waitForLeases);
                await closed.AddAsync(
                    extent,
                    part,
                    static (busy, part) => part.BusyLocked(busy),
                    static (idle, part) => part.ChooseLocked(idle),
                    mode,
                    cancellationToken).ConfigureAwait(false);
                goesAll &= part.GoesAll;
            }

            return (closed, goesAll);
        }
        catch
        {
            // After an error or a cancellation nothing stays closed.
            closed.Reopen();
            throw;
        }
    }

    /// <summary>Drops the closed pages of an extent, except those with a copy stuck inside, and reopens them.</summary>
    /// <returns>Whether every one was dropped.</returns>
    private ValueTask<bool> DropAsync(
        Extent extent, ulong closed, ulong stuck, List<(Extent Extent, ulong Pages)> punched, CallMode mode) =>
        extent.WhenIdleAsync(
            (File: file, Closed: closed, Stuck: stuck, Punched: punched),
            static (busy, asked) => busy.Writing & asked.Closed,
            static (idle, asked) =>
            {
                ulong gone = asked.Closed & ~(asked.Stuck | idle.HeldByLease);
                idle.DiscardLocked(gone, asked.File.Scheduler);
                asked.File.Sharers.ClaimDroppedLocked(idle, gone, asked.Punched);
                idle.ReopenLocked(asked.Closed, asked.File.Scheduler);
                return gone == asked.Closed;
            },
            file.StoreWait,
            mode);

    /// <summary>What to discard of one extent.</summary>
    private sealed class Part(FileState file, long index, ByteRange range, bool waitsForLeases)
    {
        private readonly ulong _pages = PageGeometry.WholePagesOf(index, range);
        private readonly ulong _shown = file.Sharers.PagesShown(index, PageGeometry.WholePagesOf(index, range));

        /// <summary>Whether no page of the extent has to stay; known when the pages were chosen.</summary>
        internal bool GoesAll { get; private set; }

        internal ulong BusyLocked(Extent extent)
        {
            ulong leased = waitsForLeases ? extent.HeldByLease : PageMask.None;
            return _pages & ~_shown & (extent.Writing | extent.Closing | leased);
        }

        internal ulong ChooseLocked(Extent extent)
        {
            // A page that a view has mapped is in use, like a leased one, and stays (NT: CcPurgeCacheSection).
            ulong mapped = file.Sharers.PagesMappedLocked(extent, _pages);
            ulong stays = _pages & (extent.HeldByLease | _shown | mapped);
            GoesAll = (stays & (extent.Resident | extent.Overwriting)) == PageMask.None;

            // A load under way must not bring the old bytes in behind the discard.
            extent.AdvanceEpochLocked();
            return _pages & ~stays & extent.Resident;
        }
    }
}
