using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// How calls wait for other calls of a file while a call of the file's store may be under way: for a limited time. A
/// store that uses its own file from a thread of its own waits for itself, which the cache cannot see; the limit ends
/// the wait.
/// </summary>
/// <remarks>
/// The call that waits gets the error, not the store's call, which goes on; its bytes stay as they are. The time is
/// that of one call of the store, from the moment when the first call waits behind it.
/// </remarks>
internal sealed class StoreWait(StoreLevel level, CacheState cache, Func<string> label)
{
    /// <summary>
    /// How often a blocking call reads a clock that is not the system's: such a clock cannot wake its thread.
    /// </summary>
    private static readonly TimeSpan ForeignClockPeriod = TimeSpan.FromMilliseconds(20);

    private TimeSpan Limit => cache.StoreWaitTimeout;

    private TimeProvider Time => cache.Scheduler.Time;

    /// <summary>
    /// Waits for a change, and returns without it when an asynchronous call is cancelled: the caller asks its token
    /// next.
    /// </summary>
    /// <exception cref="IOException">A call of the file's store does not answer.</exception>
    internal async ValueTask WaitAsync(
        Signal change, CallMode mode, CancellationToken cancellationToken = default)
    {
        if (!await TryWaitAsync(change, mode, cancellationToken).ConfigureAwait(false)) throw Unanswered();
    }

    /// <summary>
    /// As <see cref="WaitAsync"/>, for a caller that has to release something before it throws.
    /// </summary>
    /// <returns>False if the change did not come because a call of the store does not answer.</returns>
    internal ValueTask<bool> TryWaitAsync(Signal change, CallMode mode, CancellationToken cancellationToken) =>
        change.IsSet ? new(true) : WaitBehindAsync(change, mode, cancellationToken);

    /// <summary>The error of a call that waited too long.</summary>
    internal IOException Unanswered() => Unanswered(label(), Limit);

    /// <inheritdoc cref="Unanswered()"/>
    internal static IOException Unanswered(string label, TimeSpan limit) => new(
        $"a call of the store of {label}, or of its log, has not answered for {limit}: what waits for it was given up, "
        + "and nothing is lost. A store that uses files of the cache from a thread of its own names them in "
        + $"{nameof(BackingStore.FilesBelow)} and does not use its own file; one that is only slow needs a longer "
        + nameof(CacheState.StoreWaitTimeout));

    private async ValueTask<bool> WaitBehindAsync(Signal change, CallMode mode, CancellationToken cancellationToken)
    {
        var limit = Limit;
        if (limit == Timeout.InfiniteTimeSpan)
        {
            await change.WaitAsync(mode, cache.Scheduler, cancellationToken).ConfigureAwait(false);
            return true;
        }

        long began = Time.GetTimestamp();
        var calls = level.Calls;
        _ = calls.Unanswered(Time);
        var period = mode == CallMode.Blocking && Time != TimeProvider.System ? ForeignClockPeriod : limit;
        while (true)
        {
            await change.WaitAsync(mode, cache.Scheduler, period, cancellationToken).ConfigureAwait(false);
            if (change.IsSet || cancellationToken.IsCancellationRequested) return true;
            if (calls.Unanswered(Time) >= limit && Time.GetElapsedTime(began) >= limit) return false;
        }
    }
}
