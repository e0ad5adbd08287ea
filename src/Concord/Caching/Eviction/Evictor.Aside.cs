namespace Concord.Caching;

/// <summary>
/// What a caller does who waits for room behind calls of other files' stores that do not answer. One of them may wait
/// for this very caller: a store that is built on the file, and has handed its call to a thread of its own.
/// </summary>
internal sealed partial class Evictor
{
    /// <summary>
    /// A store that has not answered one call for so long may be waiting. Most that are only slow answer sooner; where
    /// one does not, standing aside costs some room beyond the capacity, and keeps a good file from waiting for it.
    /// </summary>
    private static readonly TimeSpan AsideTime = TimeSpan.FromMilliseconds(250);

    private TimeProvider Time => _cache.Scheduler.Time;

    /// <summary>
    /// Has a file stand aside that waits behind a store that does not answer, and that may lead to it.
    /// </summary>
    /// <returns>Whether it is worth to ask for room again.</returns>
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
    /// Whether a file stands aside of others whose stores are in calls: what they have in memory leaves in time.
    /// </summary>
    private bool IsAsideOfOthers(FileState own) =>
        own.StandsAside && _files.All.Any(file => file != own && file.Level.Calls.Any);

    /// <exception cref="IOException">
    /// Some store has not answered one call for as long as anybody is to wait, and so long has this caller waited.
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
