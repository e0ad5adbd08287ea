using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The last step of a file that leaves the cache. The hold keeps user operations out. This gate keeps out the paging
/// I/O of sharers, which takes no hold: pages that it loaded after the last purge would be lost with the file's memory.
/// </summary>
internal sealed class CloseGate(ExtentTable extents, CacheScheduler scheduler, StoreWait storeWait)
{
    private Signal? _opened;

    /// <summary>Set when the gate opens; paging I/O waits for it. Null while the gate is open.</summary>
    internal Signal? Opened => Volatile.Read(ref _opened);

    /// <summary>
    /// Keeps new paging I/O out, waits for paging I/O under way, and drops the pages that it loaded. Called with the
    /// file held exclusively and no lease on its pages; ended by <see cref="Open"/>.
    /// </summary>
    /// <param name="discards">Whether dirty pages are dropped too, because the caller gives them up.</param>
    /// <param name="mode">How to wait.</param>
    /// <returns>Whether no page is left; if some are, they were written meanwhile and have to be flushed.</returns>
    /// <exception cref="IOException">
    /// Paging I/O under way waits for the store, which does not answer. The gate is closed until the caller opens it.
    /// </exception>
    internal async ValueTask<bool> CloseAsync(bool discards, CallMode mode)
    {
        // A full fence: paging I/O that has not seen the gate has made its extent before, and the loop waits for it.
        Interlocked.Exchange(ref _opened, new Signal());
        bool isEmpty = true;
        foreach (var extent in extents.All)
        {
            await scheduler.YieldPointAsync().ConfigureAwait(false);

            // Wait until no page of the extent is claimed, being written or frozen; then drop what is left.
            isEmpty &= await extent.WhenIdleAsync(
                (Discards: discards, Scheduler: scheduler),
                static (busy, _) => busy.Claimed | busy.Writing | busy.Frozen,
                static (idle, asked) =>
                {
                    if (asked.Discards) idle.DiscardLocked(idle.Resident, asked.Scheduler);
                    else idle.DropLocked(idle.DroppableLocked, asked.Scheduler);
                    return idle.Resident == PageMask.None;
                },
                storeWait,
                mode).ConfigureAwait(false);
        }

        return isEmpty;
    }

    /// <summary>
    /// Opens the gate. Calls that waited look again: the file has left the cache, or is open as before.
    /// </summary>
    internal void Open() => Interlocked.Exchange(ref _opened, null)?.Set(scheduler);
}
