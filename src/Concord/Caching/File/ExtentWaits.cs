using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Waits for other calls that are busy with pages of an extent. The arguments are passed to each delegate, so that no
/// closure is necessary: a call that finds nothing busy allocates nothing.
/// </summary>
internal static class ExtentWaits
{
    /// <summary>
    /// Returns when no page is busy, after it has run <paramref name="thenLocked"/> at that moment, under the extent's
    /// lock.
    /// </summary>
    /// <param name="extent">The extent.</param>
    /// <param name="asked">What the two delegates need.</param>
    /// <param name="busyLocked">The busy pages, to wait for.</param>
    /// <param name="thenLocked">What to do before another call can claim the pages again.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is done then.</param>
    /// <param name="scheduler">
    /// Where a call continues that is cancelled while it waits; if null, it continues at the next change.
    /// </param>
    /// <param name="storeWait">
    /// How to wait for what the file's store may be doing, in place of the scheduler; null for no such limit.
    /// </param>
    /// <returns>What <paramref name="thenLocked"/> returned.</returns>
    /// <exception cref="IOException">A call of the file's store does not answer: nothing was done.</exception>
    internal static async ValueTask<TResult> WhenIdleAsync<TAsked, TResult>(
        this Extent extent,
        TAsked asked,
        Func<Extent, TAsked, ulong> busyLocked,
        Func<Extent, TAsked, TResult> thenLocked,
        CallMode mode,
        CancellationToken cancellationToken = default,
        CacheScheduler? scheduler = null,
        StoreWait? storeWait = null)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Signal change;
            lock (extent)
            {
                if (busyLocked(extent, asked) == PageMask.None) return thenLocked(extent, asked);
                change = extent.NextChangeLocked();
            }

            var wait = storeWait is not null ? storeWait.WaitAsync(change, mode, cancellationToken)
                : scheduler is not null ? change.WaitAsync(mode, scheduler, cancellationToken)
                : change.WaitAsync(mode);
            await wait.ConfigureAwait(false);
        }
    }

    /// <summary>The same with nothing to return.</summary>
    internal static async ValueTask WhenIdleAsync<TAsked>(
        this Extent extent,
        TAsked asked,
        Func<Extent, TAsked, ulong> busyLocked,
        Action<Extent, TAsked> thenLocked,
        CallMode mode)
    {
        _ = await extent.WhenIdleAsync(
            (Asked: asked, Busy: busyLocked, Then: thenLocked),
            static (busy, all) => all.Busy(busy, all.Asked),
            static (idle, all) =>
            {
                all.Then(idle, all.Asked);
                return true;
            },
            mode).ConfigureAwait(false);
    }

    /// <summary>The same with nothing to do: only waits.</summary>
    internal static async ValueTask WhenIdleAsync<TAsked>(
        this Extent extent,
        TAsked asked,
        Func<Extent, TAsked, ulong> busyLocked,
        CallMode mode,
        CancellationToken cancellationToken = default,
        CacheScheduler? scheduler = null,
        StoreWait? storeWait = null)
    {
        _ = await extent.WhenIdleAsync(
            asked, busyLocked, static (_, _) => true, mode, cancellationToken, scheduler, storeWait)
            .ConfigureAwait(false);
    }
}
