using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Waits for other calls that are busy with pages of an extent. A call of the file's store may be what keeps them busy,
/// so the wait has the limit of <see cref="StoreWait"/>. The arguments are passed to each delegate, so that no closure
/// is necessary: a call that finds nothing busy allocates nothing.
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
    /// <param name="storeWait">How to wait behind calls of the file's store.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is done then.</param>
    /// <returns>What <paramref name="thenLocked"/> returned.</returns>
    /// <exception cref="IOException">A call of the file's store does not answer: nothing was done.</exception>
    internal static async ValueTask<TResult> WhenIdleAsync<TAsked, TResult>(
        this Extent extent,
        TAsked asked,
        Func<Extent, TAsked, ulong> busyLocked,
        Func<Extent, TAsked, TResult> thenLocked,
        StoreWait storeWait,
        CallMode mode,
        CancellationToken cancellationToken = default)
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

            await storeWait.WaitAsync(change, mode, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same with nothing to return.</summary>
    internal static async ValueTask WhenIdleAsync<TAsked>(
        this Extent extent,
        TAsked asked,
        Func<Extent, TAsked, ulong> busyLocked,
        Action<Extent, TAsked> thenLocked,
        StoreWait storeWait,
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
            storeWait,
            mode).ConfigureAwait(false);
    }

    /// <summary>The same with nothing to do: only waits.</summary>
    internal static async ValueTask WhenIdleAsync<TAsked>(
        this Extent extent,
        TAsked asked,
        Func<Extent, TAsked, ulong> busyLocked,
        StoreWait storeWait,
        CallMode mode,
        CancellationToken cancellationToken = default)
    {
        _ = await extent.WhenIdleAsync(
            asked, busyLocked, static (_, _) => true, storeWait, mode, cancellationToken).ConfigureAwait(false);
    }
}
