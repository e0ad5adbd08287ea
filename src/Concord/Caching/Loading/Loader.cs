using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Brings pages in. One load a page however many wait; a failed load leaves the page absent and fails those who
/// waited; a load that began before a purge never publishes what it read after it.
/// </summary>
internal sealed class Loader(CacheMap map)
{
    /// <summary>
    /// Returns when every page of <paramref name="pages"/> was resident at one moment. A purge or an eviction may
    /// take them again before the caller pins them; it then calls again.
    /// </summary>
    /// <exception cref="IOException">The store could not be read, or there is no room; nothing became resident.</exception>
    internal async ValueTask BringInAsync(long index, ulong pages, CallMode mode, CancellationToken cancellationToken) =>
        await BringInAsync(index, pages, Manner.Paging, mode, cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// <see cref="BringInAsync(long, ulong, CallMode, CancellationToken)"/> for who has the file: never waits for a lease
    /// that overwrites a page, since its holder may need the file to get to its end.
    /// </summary>
    /// <returns>Whether the pages were resident; false when a lease overwrites one of them.</returns>
    internal ValueTask<bool> TryBringInAsync(long index, ulong pages, CallMode mode, CancellationToken cancellationToken) =>
        BringInAsync(index, pages, Manner.HoldsFile, mode, cancellationToken);

    /// <summary>
    /// <see cref="BringInAsync(long, ulong, CallMode, CancellationToken)"/> for what a sharer writes down: a bar lets it
    /// pass until the store is written.
    /// </summary>
    internal async ValueTask BringInPastBarAsync(long index, ulong pages, CallMode mode, CancellationToken cancellationToken) =>
        await BringInAsync(index, pages, Manner.PassesBar, mode, cancellationToken).ConfigureAwait(false);

    private async ValueTask<bool> BringInAsync(
        long index, ulong pages, Manner manner, CallMode mode, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await map.Scheduler.PointAsync().ConfigureAwait(false);
            map.ThrowIfRetired();
            var step = await NextStepAsync(index, pages, manner, mode, cancellationToken).ConfigureAwait(false);
            if (step.IsDone) return true;
            if (step.IsHeld) return false;
            if (step.Mine is { } mine)
            {
                await LoadAsync(step.Extent!, mine, mode, cancellationToken).ConfigureAwait(false);
            }
            else if (step.Joined is { } joined)
            {
                await joined.Ended.WaitAsync(mode, map.Scheduler, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();

                // Who cancels a load fails nobody else: one of those who waited begins it again.
                if (joined.Error is { } error and not OperationCanceledException && joined.Epoch == step.Epoch) throw Failed(error);
            }
            else
            {
                await step.Change!.WaitAsync(mode, map.Scheduler, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Claims absent pages that the caller fills with bytes of its own, without asking the store. Returns null when
    /// they are no longer absent, or somebody else is on them, or has written behind <paramref name="end"/>.
    /// </summary>
    /// <param name="index">The extent.</param>
    /// <param name="pages">The pages.</param>
    /// <param name="end">Where the caller's bytes end; what is left of their last page becomes zeros.</param>
    /// <param name="mode">How to wait for room.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async ValueTask<(Extent Extent, PageLoad Claim)?> ClaimForOverwriteAsync(
        long index, ulong pages, long end, CallMode mode, CancellationToken cancellationToken)
    {
        var extent = map.ExtentAt(index);
        while (true)
        {
            int room;
            lock (extent)
            {
                if (extent.IsRetired || (pages & (extent.Resident | extent.Loading | extent.Barred)) != 0) return null;

                // Another writer may have passed here, and the page may have left memory, while this one waited for room.
                if (LeavesBytesBehind(index, pages, end)) return null;
                if (TryClaimLocked(extent, pages, out room) is { } claim) return (extent, claim);
            }

            await map.Core.Room.MakeAsync(room, mode, cancellationToken).ConfigureAwait(false);
            extent = map.ExtentAt(index);
        }
    }

    /// <summary>Whether an overwrite that ends inside the last of its pages would cut off bytes that the file has there.</summary>
    private bool LeavesBytesBehind(long index, ulong pages, long end) =>
        (end & (PageGeometry.PageBytes - 1)) != 0 && end < map.Sizes.Length
        && (PageGeometry.PagesOf(index, new ByteRange(end, 1)) & pages) != PageMask.None;

    /// <summary>Takes room and memory for absent pages and claims them; without room, tells how much there has to be.</summary>
    /// <exception cref="IOException">The system has no memory.</exception>
    internal PageLoad? TryClaimLocked(Extent extent, ulong pages, out int room)
    {
        room = PageMask.Count(pages & ~extent.Backed);
        if (!map.Core.Room.TryTake(room)) return null;
        Back(extent, pages, room);
        map.Core.Room.Watch(map, extent);
        return extent.BeginLoadLocked(pages, map.Views.IsStaged);
    }

    private async ValueTask<Step> NextStepAsync(
        long index, ulong pages, Manner manner, CallMode mode, CancellationToken cancellationToken)
    {
        while (true)
        {
            int room;
            var extent = map.ExtentAt(index);
            lock (extent)
            {
                if (extent.IsRetired) continue;
                if (map.Leaving.Gate is { } gate) return new Step(extent, Change: gate);
                ulong barred = manner == Manner.PassesBar ? extent.Sealed : extent.Barred;
                ulong missing = pages & ~(extent.Resident & ~(extent.Closing | barred));
                if (missing == PageMask.None) return Step.Done;
                ulong free = missing & ~(extent.Resident | extent.Loading | barred);
                if (free == PageMask.None)
                {
                    if (manner == Manner.HoldsFile && (missing & extent.Prepared) != 0) return Step.Held;
                    return extent.LoadOfLocked(missing) is { } joined
                        ? new Step(extent, Joined: joined, Epoch: extent.Epoch)
                        : new Step(extent, Change: extent.NextChangeLocked());
                }

                // All at once: who took room for one run after the other would have the first evicted for the second.
                if (TryClaimLocked(extent, free, out room) is { } mine) return new Step(extent, Mine: mine);
            }

            await map.Core.Room.MakeAsync(room, mode, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask LoadAsync(Extent extent, PageLoad load, CallMode mode, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        var staging = load.IsStaged ? StagingBlock.Rent() : null;
        try
        {
            for (ulong rest = load.Pages; rest != 0; rest &= ~PageMask.FirstRun(rest))
            {
                await FillAsync(extent, PageMask.FirstRun(rest), staging, mode, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            failure = error;
        }

        await map.Scheduler.PointAsync().ConfigureAwait(false);
        if (staging is null)
        {
            lock (extent) extent.EndLoadLocked(load, failure, map.Scheduler);
        }
        else
        {
            failure = map.Views.Pages.Publish(extent, load, staging, failure);
            StagingBlock.Return(staging);
        }

        if (failure is OperationCanceledException) throw failure;
        if (failure is not null) throw Failed(failure);
    }

    /// <summary>Fills one run from the store. Beyond what was ever written, and beyond the end of the store, a file reads as zeros.</summary>
    private async ValueTask FillAsync(
        Extent extent, ulong run, StagingBlock? staging, CallMode mode, CancellationToken cancellationToken)
    {
        var bytes = PageGeometry.BytesOf(extent.Index, run);
        var memory = staging?.MemoryOf(run) ?? extent.MemoryOf(run);
        int valid = (int)Math.Clamp(map.Sizes.ValidLength - bytes.Offset, 0, bytes.Length);
        int read = valid == 0
            ? 0
            : await map.Store.ReadAsync(bytes.Offset, memory[..valid], mode, cancellationToken).ConfigureAwait(false);
        memory.Span[read..].Clear();
    }

    /// <summary>Makes the memory of pages usable, for which <paramref name="room"/> was taken; without any it is there.</summary>
    /// <exception cref="IOException">The system has none: an ordinary failed load, and the room is given back.</exception>
    private void Back(Extent extent, ulong pages, int room)
    {
        if (room == 0) return;
        try
        {
            for (ulong rest = pages; rest != 0; rest &= ~PageMask.FirstRun(rest))
            {
                map.Section.Back(PageGeometry.BytesOf(extent.Index, PageMask.FirstRun(rest)));
            }
        }
        catch (OutOfMemoryException error)
        {
            map.Core.Gauge.ReleaseBacked(room);
            throw new IOException($"there is no memory for {map.Store.Name}: {error.Message}", error);
        }
    }

    private IOException Failed(Exception error) => new($"cannot read {map.Store.Name}: {error.Message}", error) { HResult = error.HResult };

    /// <summary>Who loads, and so what it may wait for.</summary>
    private enum Manner
    {
        /// <summary>Paging I/O, which holds nothing.</summary>
        Paging,

        /// <summary>A call that has the file.</summary>
        HoldsFile,

        /// <summary>What a sharer writes down, for which the one who barred the page may wait.</summary>
        PassesBar,
    }

    private readonly record struct Step(
        Extent? Extent, PageLoad? Mine = null, PageLoad? Joined = null, Signal? Change = null, long Epoch = 0, bool IsHeld = false)
    {
        internal static Step Done => default;

        /// <summary>A lease overwrites one of the pages.</summary>
        internal static Step Held => new(Extent: null, IsHeld: true);

        internal bool IsDone => Extent is null && !IsHeld;
    }
}
