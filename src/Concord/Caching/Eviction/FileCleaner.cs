using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Writes files back and makes them durable, so that their pages can leave memory. A call that needs room cleans its
/// own file itself. Each other file is cleaned by a task, which all callers share, and the call goes on when one task
/// is done. So a store that hangs or is slow does not delay calls that work on other files.
/// </summary>
internal sealed class FileCleaner(CacheState cache, CacheFiles files)
{
    /// <summary>The most files that one call has cleaned at a time: it needs some room, not all of it.</summary>
    private const int AttemptsMax = 8;

    /// <summary>How long a call waits before it looks for room again: the stores it waits for may hang.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long a call that does not wait leaves the files alone that another such call has just looked for.
    /// </summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private static readonly ByteRange Whole = new(0, long.MaxValue);

    // _gate owns _attempts, those under way, _ended, which is set and replaced when one ends, and _othersBegan.
    private readonly Lock _gate = new();
    private readonly Dictionary<FileState, CleaningAttempt> _attempts = [];
    private Signal _ended = new();
    private long _othersBegan;

    /// <summary>Writes some pages of a file that may be written without a flush.</summary>
    /// <returns>How many bytes were written, and the error, if there was one.</returns>
    internal static ValueTask<(long Bytes, Exception? Error)> WriteSomeAsync(
        FileState file, CallMode mode, CancellationToken cancellationToken) =>
        new FileWriteBack(file).WriteAsync(
            Whole, mode, cancellationToken, FileWriteBack.RunPagesMax, flushes: false);

    /// <summary>Writes some pages of a file and asks for the barrier that the file owes.</summary>
    /// <returns>Whether pages may leave that could not before, and otherwise the error, if there was one.</returns>
    internal static async ValueTask<(bool Cleaned, Exception? Error)> CleanAsync(
        FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        long before = file.Ledger.Accepted;
        var (_, error) = await WriteSomeAsync(file, mode, cancellationToken).ConfigureAwait(false);
        if (!file.Ledger.IsOwed) return (false, error);
        try
        {
            await file.Ledger.MakeDurableAsync(file.Ledger.Accepted, mode).ConfigureAwait(false);
            return file.Ledger.Accepted != before || error is null ? (true, null) : (false, error);
        }
        catch (IOException barrierError)
        {
            return (false, error ?? barrierError);
        }
    }

    /// <summary>
    /// Cleans a file that no caller works on, under its owner's locks. If they are not free, nothing is written.
    /// </summary>
    private static async ValueTask<(bool Cleaned, Exception? Error)> CleanOtherAsync(FileState file, CallMode mode)
    {
        if (file.BackgroundLocks is not { } locks)
            return await CleanAsync(file, mode, CancellationToken.None).ConfigureAwait(false);
        if (!locks.TryEnterWriteBack(mayWait: false)) return (false, null);
        try
        {
            return await CleanAsync(file, CallMode.Blocking, CancellationToken.None).ConfigureAwait(false);
        }
        finally
        {
            locks.LeaveWriteBack();
        }
    }

    /// <summary>
    /// Has files other than the caller's own cleaned: each once in a turn. Returns when one is clean, when all have
    /// been tried, or after a while, since a store may hang; then call it again with the same turn.
    /// </summary>
    /// <param name="own">The file that the caller works on, or null.</param>
    /// <param name="turn">Where the caller stands.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; what has begun goes on.</param>
    internal async ValueTask<TurnState> CleanOthersAsync(
        FileState? own, CleaningTurn turn, CallMode mode, CancellationToken cancellationToken)
    {
        // Ask files that may be waited for and have something to clean, those that failed last.
        turn.BeginOnce(() => files.All.Where(file => file != own && own?.MayWaitFor(file) != false)
            .Where(static file => !(file.Pending.IsZero && file.Ledger.OwesNothing))
            .OrderBy(static file => file.LazyTurn.BackOff));
        while (true)
        {
            Signal ended;
            lock (_gate) ended = _ended;

            // One task that has cleaned its file is enough.
            if (turn.TakeEnded()) return turn.End(TurnState.Cleaned);

            // Begin as many tasks as may run at a time. If none is under way, all files have been tried.
            while (turn.UnderWay.Count < AttemptsMax && turn.TryNext(out var next)) turn.UnderWay.Add(Join(next, mode));
            if (turn.UnderWay.Count == 0) return turn.End(TurnState.AllTried);
            if (turn.UnderWay.Exists(static attempt => attempt.IsOver)) continue;
            await ended.WaitAsync(mode, cache.Scheduler, WaitMax, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (!ended.IsSet) return TurnState.UnderWay;
        }
    }

    /// <summary>
    /// Begins to clean other files whose stores do not fail, those with the most to clean, and does not wait for them:
    /// perhaps nobody writes them any more.
    /// </summary>
    internal void BeginOthers(FileState own, CallMode mode)
    {
        lock (_gate)
        {
            if (_attempts.Count >= AttemptsMax || cache.Scheduler.Time.GetElapsedTime(_othersBegan) < Pause) return;
            _othersBegan = cache.Scheduler.Time.GetTimestamp();
        }

        var others = files.All.Where(file => file != own && !file.Ledger.IsFailing && file.Pending.Unkept > 0)
            .OrderByDescending(static file => file.Pending.Unkept);
        foreach (var file in others.Take(AttemptsMax)) _ = Join(file, mode);
    }

    /// <summary>The attempt under way for a file, or a new one.</summary>
    private CleaningAttempt Join(FileState file, CallMode mode)
    {
        CleaningAttempt attempt;
        lock (_gate)
        {
            if (_attempts.TryGetValue(file, out var underWay)) return underWay;
            _attempts.Add(file, attempt = new CleaningAttempt(file));
        }

        try
        {
            bool blocks = mode == CallMode.Blocking || file.BackgroundLocks is not null;
            if (blocks) cache.Scheduler.PostBlocking(() => _ = RunAsync(file, attempt, CallMode.Blocking));
            else cache.Scheduler.Post(() => _ = RunAsync(file, attempt, mode));
        }
        catch (OutOfMemoryException)
        {
            // The system gives no thread: the caller cleans the file itself.
            SyncCompletion.Wait(RunAsync(file, attempt, CallMode.Blocking));
        }

        return attempt;
    }

    private async ValueTask RunAsync(FileState file, CleaningAttempt attempt, CallMode mode)
    {
        try
        {
            (attempt.HasCleaned, attempt.Error) = await CleanOtherAsync(file, mode).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            attempt.Error = error;
        }
        finally
        {
            Signal ended;

            // Publish the outcome, and wake all calls that wait for any attempt.
            lock (_gate)
            {
                attempt.IsOver = true;
                _attempts.Remove(file);
                (ended, _ended) = (_ended, new Signal());
            }

            ended.Set(cache.Scheduler);
        }
    }
}
