using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>Waits for what others do to the pages of an extent.</summary>
internal static class ExtentWaits
{
    /// <summary>
    /// Returns when no page is busy, with <paramref name="thenLocked"/> done at that moment, under the extent's lock.
    /// </summary>
    /// <param name="extent">The extent.</param>
    /// <param name="busyLocked">The pages that are waited for.</param>
    /// <param name="thenLocked">What to do before somebody else can begin anew; null for nothing.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is done then.</param>
    /// <param name="scheduler">
    /// Where a call goes on that is cancelled while it waits; without one it goes on at the next change.
    /// </param>
    internal static async ValueTask WhenIdleAsync(
        this Extent extent, Func<Extent, ulong> busyLocked, Action<Extent>? thenLocked, CallMode mode,
        CancellationToken cancellationToken = default, CacheScheduler? scheduler = null)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Signal change;
            lock (extent)
            {
                if (busyLocked(extent) == PageMask.None)
                {
                    thenLocked?.Invoke(extent);
                    return;
                }

                change = extent.NextChangeLocked();
            }

            var wait = scheduler is null
                ? change.WaitAsync(mode)
                : change.WaitAsync(mode, scheduler, cancellationToken);
            await wait.ConfigureAwait(false);
        }
    }
}
