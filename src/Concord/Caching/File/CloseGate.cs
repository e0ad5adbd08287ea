using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The last step of a file that leaves the cache. The hold keeps user operations out, and this gate sharers' paging
/// I/O, which takes no hold: what it brought in after the last purge would be left behind in memory that is about to
/// go.
/// </summary>
internal sealed class CloseGate(ExtentTable extents, CacheScheduler scheduler)
{
    private Signal? _opened;

    /// <summary>Set when the gate opens; paging I/O waits for it. Null while the gate is open.</summary>
    internal Signal? Opened => Volatile.Read(ref _opened);

    /// <summary>
    /// Keeps new paging I/O out, waits for what is under way, and drops what that brought in. Called with the file held
    /// exclusively and no lease on its pages; ended by <see cref="Open"/>.
    /// </summary>
    /// <param name="discards">Whether dirty pages go too, because their owner gave them up.</param>
    /// <param name="mode">How to wait.</param>
    /// <returns>Whether no page is left; if some are, they were written meanwhile and have to be flushed.</returns>
    internal async ValueTask<bool> CloseAsync(bool discards, CallMode mode)
    {
        // A full fence: who has not seen it yet has made its extent before, and is met below.
        Interlocked.Exchange(ref _opened, new Signal());
        bool isEmpty = true;
        foreach (var extent in extents.All)
        {
            await scheduler.YieldPointAsync().ConfigureAwait(false);
            isEmpty &= await extent.WhenIdleAsync(
                (Discards: discards, Scheduler: scheduler),
                static (busy, _) => busy.Claimed | busy.Writing | busy.Frozen,
                static (idle, asked) =>
                {
                    if (asked.Discards) idle.DiscardLocked(idle.Resident, asked.Scheduler);
                    else idle.DropLocked(idle.DroppableLocked, asked.Scheduler);
                    return idle.Resident == PageMask.None;
                },
                mode).ConfigureAwait(false);
        }

        return isEmpty;
    }

    /// <summary>Callers that waited look again, and find the file gone or as it was.</summary>
    internal void Open() => Interlocked.Exchange(ref _opened, null)?.Set(scheduler);
}
