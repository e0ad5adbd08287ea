namespace Concord.Caching;

/// <summary>
/// What a call does that waits for room behind calls of other files' stores that do not answer. One of those may wait
/// for this very call: a store that is built on the file, and has handed its call to a thread of its own.
/// </summary>
internal sealed partial class Evictor
{
    /// <summary>
    /// How long a store may take for one call before the cache assumes that it waits for this file. Most slow stores
    /// answer sooner. If one does not, standing aside costs some room beyond the capacity, and the file does not wait
    /// for it.
    /// </summary>
    private static readonly TimeSpan AsideTime = TimeSpan.FromMilliseconds(250);

    private TimeProvider Time => _cache.Scheduler.Time;

    /// <summary>
    /// Has a file stand aside if it waits behind a store that does not answer and may be built on it.
    /// </summary>
    /// <returns>Whether the caller should ask for room again.</returns>
    private bool TryStandAside(FileState own)
    {
        if (own.StandsAside) return false;
        foreach (var file in _files.All)
        {
            if (file != own && !file.CallsLeadNowhere && own.MayWaitFor(file)
                && file.Level.Calls.Unanswered(Time) >= AsideTime)
            {
                return own.TryStandAside();
            }
        }

        return false;
    }

    /// <summary>
    /// Whether a file stands aside while stores of other files are in calls: the pages of those leave memory in time.
    /// </summary>
    private bool IsAsideOfOthers(FileState own) =>
        own.StandsAside && _files.All.Any(file => file != own && file.Level.Calls.Any);

    /// <exception cref="IOException">
    /// A store has not answered one call for the time limit, and the caller has waited as long.
    /// </exception>
    private void ThrowIfUnanswered(long began)
    {
        var limit = _cache.StoreWaitTimeout;
        if (limit == Timeout.InfiniteTimeSpan || Time.GetElapsedTime(began) < limit) return;
        foreach (var file in _files.All)
        {
            if (file.Level.Calls.Unanswered(Time) >= limit) throw StoreWait.Unanswered(file.Store.Label, limit);
        }
    }
}
