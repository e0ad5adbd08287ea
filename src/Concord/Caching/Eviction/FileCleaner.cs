using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Writes files back and makes them durable, so that their pages can leave memory. A call that needs room cleans its
/// own file itself. A task cleans each other file, one for all callers, and the call goes on when one task is done: a
/// store that hangs or is slow keeps nobody waiting who works on another one.
/// </summary>
internal sealed class FileCleaner(CacheState cache, CacheFiles files)
{
    /// <summary>The most files that one caller has cleaned at a time: it needs some room, not all of it.</summary>
    private const int AttemptsMax = 8;

    /// <summary>Whoever waits so long looks for room again: what is under way may be of a store that hangs.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromMilliseconds(100);

    private static readonly ByteRange Whole = new(0, long.MaxValue);

    // _gate owns _attempts, those under way, and _ended, which is set and replaced when one ends.
    private readonly Lock _gate = new();
    private readonly Dictionary<FileState, Attempt> _attempts = [];
    private Signal _ended = new();

    /// <summary>Writes some pages of a file and asks for the barrier that it owes.</summary>
    /// <returns>Whether pages may leave that could not before, and otherwise the error, if there was one.</returns>
    internal static async ValueTask<(bool Cleaned, Exception? Error)> CleanAsync(
        FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        long before = file.Ledger.Accepted;
        var (_, error) = await new FileWriteBack(file)
            .WriteAsync(Whole, mode, cancellationToken, FileWriteBack.RunPagesMax, flushes: false)
            .ConfigureAwait(false);
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

    /// <summary>Has files cleaned other than the caller's own, and returns when one is done or none can be.</summary>
    /// <param name="own">The file that the caller works on, or null.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting; what has begun goes on.</param>
    /// <returns>Whether it is worth to look for room again, and otherwise the first error, if there was one.</returns>
    internal async ValueTask<(bool Cleaned, Exception? Error)> CleanOthersAsync(
        FileState? own, CallMode mode, CancellationToken cancellationToken)
    {
        var waiting = new Queue<FileState>(
            files.All.Where(file => file != own && own?.MayWaitFor(file) != false)
                .Where(static file => !(file.Pending.IsZero && file.Ledger.OwesNothing))
                .OrderBy(static file => file.LazyTurn.BackOff));
        List<Attempt> joined = [];
        Exception? failure = null;
        while (true)
        {
            Signal ended;
            lock (_gate) ended = _ended;

            // One that has ended well is enough.
            foreach (var attempt in joined.FindAll(static attempt => attempt.IsOver))
            {
                if (attempt.HasCleaned) return (true, null);
                failure ??= attempt.Error;
                joined.Remove(attempt);
            }

            // Begin as many as may run at a time; without any, all have been tried.
            while (joined.Count < AttemptsMax && waiting.TryDequeue(out var next)) joined.Add(Join(next, mode));
            if (joined.Count == 0) return (false, failure);
            if (joined.Exists(static attempt => attempt.IsOver)) continue;
            await ended.WaitAsync(mode, cache.Scheduler, WaitMax, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (!ended.IsSet) return (true, null);
        }
    }

    /// <summary>The attempt under way for a file, or a new one.</summary>
    private Attempt Join(FileState file, CallMode mode)
    {
        Attempt attempt;
        lock (_gate)
        {
            if (_attempts.TryGetValue(file, out var underWay)) return underWay;
            _attempts.Add(file, attempt = new Attempt());
        }

        try
        {
            if (mode == CallMode.Blocking) cache.Scheduler.PostBlocking(() => _ = RunAsync(file, attempt, mode));
            else cache.Scheduler.Post(() => _ = RunAsync(file, attempt, mode));
        }
        catch (OutOfMemoryException)
        {
            // No thread is to be had: the caller does it, and waits.
            SyncCompletion.Wait(RunAsync(file, attempt, CallMode.Blocking));
        }

        return attempt;
    }

    private async ValueTask RunAsync(FileState file, Attempt attempt, CallMode mode)
    {
        try
        {
            (attempt.HasCleaned, attempt.Error) =
                await CleanAsync(file, mode, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            attempt.Error = error;
        }
        finally
        {
            Signal ended;
            lock (_gate)
            {
                attempt.IsOver = true;
                _attempts.Remove(file);
                (ended, _ended) = (_ended, new Signal());
            }

            ended.Set(cache.Scheduler);
        }
    }

    /// <summary>One try to clean a file, shared by all who wait for it. Read its outcome when it is over.</summary>
    private sealed class Attempt
    {
        private volatile bool _isOver;

        internal bool IsOver
        {
            get => _isOver;
            set => _isOver = value;
        }

        internal bool HasCleaned { get; set; }

        internal Exception? Error { get; set; }
    }
}
