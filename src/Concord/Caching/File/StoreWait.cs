using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// How calls wait for what others do with a file while the file's store may be in a call: not for ever. A store that
/// uses its own file from a thread that nobody knows to be its own waits for itself, and is told so.
/// </summary>
/// <remarks>
/// Whoever waits, and not the store's call, gets the error: the call goes on, and its bytes stay as they are. It is
/// measured on one call of the store, from when the first one waits behind it.
/// </remarks>
internal sealed class StoreWait(StoreLevel level, CacheState cache, Func<string> label)
{
    /// <summary>
    /// A blocking call looks so often at a clock that is not the system's, which cannot wake its thread.
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
    /// <see cref="WaitAsync"/> for who has something to give back before it tells.
    /// </summary>
    /// <returns>False where the change did not come because a call of the store does not answer.</returns>
    internal ValueTask<bool> TryWaitAsync(Signal change, CallMode mode, CancellationToken cancellationToken) =>
        change.IsSet ? new(true) : WaitBehindAsync(change, mode, cancellationToken);

    /// <summary>What is told to who waited too long.</summary>
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
