using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Loads pages. A page has one load at a time, however many calls wait for it. A failed load leaves the page absent and
/// fails the calls that waited. The bytes of a load are not published if a purge came between. A load has four steps:
/// take room (which may evict other pages), claim the pages, read the store into them, end the claim. In a staged
/// section (<see cref="FileState.IsStaged"/>) the store is read into a <see cref="StagingBlock"/>, out of which the
/// pages appear.
/// </summary>
internal sealed class Loader(FileState file, Evictor evictor)
{
    /// <summary>
    /// Returns when every page of <paramref name="pages"/> was resident at one moment. A purge or an eviction may
    /// take them again before the caller pins them; it then calls again.
    /// </summary>
    /// <exception cref="IOException">
    /// The store could not be read, or there is no room; nothing became resident.
    /// </exception>
    internal async ValueTask EnsureResidentAsync(
        long index, ulong pages, CallMode mode, CancellationToken cancellationToken) =>
        await EnsureResidentAsync(index, pages, Manner.Paging, mode, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// <see cref="EnsureResidentAsync(long, ulong, CallMode, CancellationToken)"/> for a caller that has the file's
    /// hold. Never waits for a lease that overwrites a page: the lease's holder may need the file before it can end the
    /// lease.
    /// </summary>
    /// <returns>Whether the pages were resident; false when a lease overwrites one of them.</returns>
    internal ValueTask<bool> TryEnsureResidentAsync(
        long index, ulong pages, CallMode mode, CancellationToken cancellationToken) =>
        EnsureResidentAsync(index, pages, Manner.HasHold, mode, cancellationToken);

    /// <summary>
    /// <see cref="EnsureResidentAsync(long, ulong, CallMode, CancellationToken)"/> for a sharer's write: a suspension
    /// lets it pass until the store is written.
    /// </summary>
    internal async ValueTask EnsureResidentForSharerAsync(
        long index, ulong pages, CallMode mode, CancellationToken cancellationToken) =>
        await EnsureResidentAsync(index, pages, Manner.PassesSuspension, mode, cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> EnsureResidentAsync(
        long index, ulong pages, Manner manner, CallMode mode, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
            file.ThrowIfRetired();

            // Claim the absent pages, or find out what to wait for.
            var step = await NextStepAsync(index, pages, manner, mode, cancellationToken).ConfigureAwait(false);
            if (step.IsDone) return true;
            if (step.IsHeld) return false;

            // Load the pages claimed here; or wait for another call's load; or wait for any change of the pages.
            if (step.Mine is { } mine)
            {
                await LoadAsync(step.Extent!, mine, mode, cancellationToken).ConfigureAwait(false);
            }
            else if (step.Joined is { } joined)
            {
                await file.StoreWait.WaitAsync(step.Change!, mode, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();

                // A cancelled load fails no call but its own: one of the callers that waited begins it again.
                if (joined.Error is { } error and not OperationCanceledException && joined.Epoch == step.Epoch)
                {
                    throw Failed(error);
                }
            }
            else
            {
                await file.StoreWait.WaitAsync(step.Change!, mode, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Claims absent pages that the caller fills with bytes of its own, without reading the store. Returns null when
    /// one of them is resident, claimed or suspended, or when the file has bytes behind <paramref name="end"/> in the
    /// last page.
    /// </summary>
    /// <param name="index">The extent.</param>
    /// <param name="pages">The pages.</param>
    /// <param name="end">Where the caller's bytes end; the rest of their last page becomes zeros.</param>
    /// <param name="mode">How to wait for room.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async ValueTask<(Extent Extent, PageLoad Claim)?> ClaimForOverwriteAsync(
        long index, ulong pages, long end, CallMode mode, CancellationToken cancellationToken)
    {
        var extent = file.EnsureExtent(index);
        while (true)
        {
            int room;
            lock (extent)
            {
                if (extent.IsRetired || (pages & (extent.Resident | extent.Claimed | extent.Suspended)) != 0)
                {
                    return null;
                }

                // While this call waited for room, another may have written the page, and an eviction dropped it.
                if (LeavesBytesBehind(index, pages, end)) return null;
                if (TryClaimLocked(extent, pages, out room) is { } claim) return (extent, claim);
            }

            // Wait for room without the lock, then look the extent up again: it may have been replaced.
            await evictor.MakeRoomAsync(file, room, mode, cancellationToken).ConfigureAwait(false);
            extent = file.EnsureExtent(index);
        }
    }

    /// <summary>
    /// Whether an overwrite that ends inside the last of its pages would cut off bytes that the file has there.
    /// </summary>
    private bool LeavesBytesBehind(long index, ulong pages, long end) =>
        (pages & ~PageGeometry.WholePagesOf(
            index, ByteRange.FromBounds(PageGeometry.BytesOf(index, pages).Offset, end), file.Sizes.Length)) != 0;

    /// <summary>
    /// Takes room and memory for absent pages and claims them. Returns null if there is no room, and in
    /// <paramref name="room"/> how many pages it takes.
    /// </summary>
    /// <exception cref="IOException">The system has no memory.</exception>
    internal PageLoad? TryClaimLocked(Extent extent, ulong pages, out int room)
    {
        room = PageMask.Count(pages & ~extent.Backed);
        if (!file.TryReserve(room)) return null;
        Back(extent, pages, room);
        evictor.Enlist(file, extent);
        return extent.BeginLoadLocked(pages, file.IsStaged);
    }

    private async ValueTask<Step> NextStepAsync(
        long index, ulong pages, Manner manner, CallMode mode, CancellationToken cancellationToken)
    {
        while (true)
        {
            int room;
            var extent = file.EnsureExtent(index);
            lock (extent)
            {
                if (extent.IsRetired) continue;

                // A file that closes its store is waited for.
                if (file.CloseGate.Opened is { } gate) return new Step(extent, Change: gate);

                // Done, when every page is resident, not closing and not suspended.
                ulong suspended = manner == Manner.PassesSuspension ? extent.WriteBackSuspended : extent.Suspended;
                ulong missing = pages & ~(extent.Resident & ~(extent.Closing | suspended));
                if (missing == PageMask.None) return Step.Done;

                // Claim what is absent. When all of it is claimed or suspended, join its load or wait for a change.
                ulong free = missing & ~(extent.Resident | extent.Claimed | suspended);
                if (free == PageMask.None)
                {
                    if (manner == Manner.HasHold && (missing & extent.Overwriting) != 0) return Step.Held;
                    return extent.LoadOfLocked(missing) is { } joined
                        ? new Step(extent, Joined: joined, Change: joined.WaitLocked(), Epoch: extent.Epoch)
                        : new Step(extent, Change: extent.NextChangeLocked());
                }

                // Take room for all runs at once: taken run by run, the second could evict the first.
                if (TryClaimLocked(extent, free, out room) is { } mine) return new Step(extent, Mine: mine);
            }

            // No room: evict without the lock, and look again.
            await evictor.MakeRoomAsync(file, room, mode, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask LoadAsync(Extent extent, PageLoad load, CallMode mode, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        StagingBlock? staging = null;
        try
        {
            // Read each run, into the pages themselves or, where views would see them half filled, beside them.
            if (load.IsStaged) staging = StagingBlock.Rent();
            foreach (ulong run in PageMask.Runs(load.Pages))
            {
                await FillAsync(extent, run, staging, mode, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            failure = error;
        }

        await file.Scheduler.YieldPointAsync().ConfigureAwait(false);

        // End the claim, also after a failure: the calls that wait for it look again.
        if (!load.IsStaged)
        {
            lock (extent) extent.EndLoadLocked(load, failure, file.Scheduler);
        }
        else if (staging is null)
        {
            int room;
            lock (extent) room = extent.EndStagedLoadLocked(load, PageMask.None, failure, file.Scheduler);
            file.ReleaseBacked(room);
        }
        else
        {
            failure = file.Sharers.Publish(extent, load, staging, failure);
            StagingBlock.Return(staging);
        }

        if (failure is OperationCanceledException) throw failure;
        if (failure is not null) throw Failed(failure);
    }

    /// <summary>Fills one run from the store.</summary>
    private async ValueTask FillAsync(
        Extent extent, ulong run, StagingBlock? staging, CallMode mode, CancellationToken cancellationToken)
    {
        var bytes = PageGeometry.BytesOf(extent.Index, run);
        var memory = staging?.MemoryOf(run) ?? extent.MemoryOf(run);
        await PageFill.FromStoreAsync(file, bytes.Offset, memory, mode, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes the memory of pages usable, for which <paramref name="room"/> pages were taken. With none taken, the
    /// memory is there already.
    /// </summary>
    /// <exception cref="IOException">
    /// The system has none: an ordinary failed load, and the room is given back.
    /// </exception>
    private void Back(Extent extent, ulong pages, int room)
    {
        if (room == 0) return;
        try
        {
            extent.OpenMemoryLocked();
            foreach (var run in PageRuns.Of(extent.Index, pages)) file.Section.Back(run);
        }
        catch (OutOfMemoryException error)
        {
            file.ReleaseBacked(room);
            throw new IOException($"there is no memory for {file.Store.Label}: {ShownText.Of(error)}", error);
        }
    }

    private IOException Failed(Exception error) => new($"cannot read {file.Store.Label}: {ShownText.Of(error)}", error)
    {
        HResult = error.HResult,
    };

    /// <summary>The kind of caller, which decides what the load may wait for.</summary>
    private enum Manner
    {
        /// <summary>Paging I/O, which holds nothing.</summary>
        Paging,

        /// <summary>A call that has the file's hold.</summary>
        HasHold,

        /// <summary>A sharer's write: the call that suspended the page may be waiting for it.</summary>
        PassesSuspension,
    }

    private readonly record struct Step(
        Extent? Extent, PageLoad? Mine = null, PageLoad? Joined = null, Signal? Change = null, long Epoch = 0,
            bool IsHeld = false)
    {
        internal static Step Done => default;

        /// <summary>A lease overwrites one of the pages.</summary>
        internal static Step Held => new(Extent: null, IsHeld: true);

        internal bool IsDone => Extent is null && !IsHeld;
    }
}
