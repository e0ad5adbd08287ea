using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Caching;

// One turn: writing a part of a file, under the locks of its store's owner.
internal sealed partial class LazyWriter
{
    /// <summary>
    /// How many turns in a row a file is skipped whose owner's locks are not free; the next one waits for them. More
    /// would let its pages grow old; with none, threads would wait here that other work needs.
    /// </summary>
    private const int RefusalsMax = 4;

    private void BeginTurn(FileState file)
    {
        if (file.BackgroundLocks is null)
        {
            _cache.Scheduler.Post(() => _ = TakeTurnOrStopAsync(file, CallMode.Async));
            return;
        }

        try
        {
            // The locks belong to a thread: one thread takes them, writes, and releases them.
            _cache.Scheduler.PostBlocking(() => _ = TakeTurnOrStopAsync(file, CallMode.Blocking));
        }
        catch (OutOfMemoryException)
        {
            // The system gives no thread: the next pass tries again.
            file.LazyTurn.End();
        }
    }

    private async Task TakeTurnOrStopAsync(FileState file, CallMode mode)
    {
        try
        {
            await TakeTurnAsync(file, mode, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>
    /// Writes a part of a file, under its owner's locks. The caller has taken the turn; it ends with the call.
    /// </summary>
    /// <returns>Whether no write failed.</returns>
    private async ValueTask<bool> TakeTurnAsync(FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        if (file.BackgroundLocks is not { } locks)
        {
            return await WriteTurnAsync(file, mode, cancellationToken).ConfigureAwait(false);
        }

        // Take the owner's locks, or end the turn; do not wait for them the first times.
        var turn = file.LazyTurn;
        bool hasEntered = false;
        try
        {
            hasEntered = locks.TryEnterWriteBack(mayWait: turn.Refusals >= RefusalsMax);
            turn.Refusals = hasEntered ? 0 : turn.Refusals + 1;
        }
        finally
        {
            if (!hasEntered) turn.End();
        }

        if (!hasEntered) return true;

        // Write under the locks, on this thread, which owns them.
        try
        {
            return await WriteTurnAsync(file, CallMode.Blocking, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            locks.LeaveWriteBack();
        }
    }

    /// <summary>Writes a part of a file, and ends the turn.</summary>
    /// <returns>Whether no write failed.</returns>
    private async ValueTask<bool> WriteTurnAsync(FileState file, CallMode mode, CancellationToken cancellationToken)
    {
        var turn = file.LazyTurn;
        Exception? error = null;
        try
        {
            // Collect what views wrote, so that it counts as dirty.
            if (file.Sharers.HasWritableView(Whole))
            {
                await file.Sharers
                    .CollectViewWritesAsync(Whole, mode, cancellationToken).ConfigureAwait(false);
            }

            // Write the turn's part of the file.
            (_, error) = await new FileWriteBack(file)
                .WriteAsync(NextStretch(file), mode, cancellationToken, flushes: false).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Not an error of a store, which is logged already. The next flush reports it.
            file.Errors.Add(Whole, failure);
            error = failure;
        }
        finally
        {
            // After a failure the next turns are skipped, twice as many each time.
            turn.BackOff = error is null ? 1 : Math.Min(turn.BackOff * 2, BackOffMax);
            turn.Skip = turn.BackOff - 1;
            if (error is not null) turn.TurnsLeft = 0;
            turn.End();
        }

        if (!HasWork(file)) Unlist(file);
        return error is null;
    }

    /// <summary>The part of a file that the turn writes: an equal share of what is left, or all of it.</summary>
    private ByteRange NextStretch(FileState file)
    {
        var turn = file.LazyTurn;

        // Begin a round where none is under way; above the dirty limit write the whole file in one turn.
        if (turn.TurnsLeft == 0) (turn.From, turn.TurnsLeft) = (0, _turnsPerRound);
        if (_cache.IsOverDirtyLimit) (turn.From, turn.TurnsLeft) = (0, 1);
        var rest = ByteRange.FromBounds(turn.From, long.MaxValue);

        // The last turn takes the rest; any other takes its share, in whole extents.
        if (turn.TurnsLeft-- == 1) return rest;
        long wanted = (CountDirty(file, rest) + turn.TurnsLeft) / (turn.TurnsLeft + 1);
        if (wanted == 0) return new ByteRange(turn.From, 0);
        foreach (var extent in file.Extents.In(rest))
        {
            wanted -= PageMask.Count(extent.Dirty);
            if (wanted > 0) continue;
            turn.From = PageGeometry.StartOf(extent.Index + 1);
            return ByteRange.FromBounds(rest.Offset, turn.From);
        }

        return rest;
    }

    private static long CountDirty(FileState file, ByteRange range)
    {
        long count = 0;
        foreach (var extent in file.Extents.In(range)) count += PageMask.Count(extent.Dirty);
        return count;
    }

    /// <summary>
    /// Whether a file stays on the list: it has dirty pages, or others may write some at any moment, which the end of
    /// the process writes.
    /// </summary>
    private static bool HasWork(FileState file) => file.Sharers.HasWritableView(Whole) || file.Pending.HasHeld
        || (!file.Pending.IsZero && CountDirty(file, Whole) > 0);

    /// <summary>
    /// Takes a file off the list that was written, where no pass does. With the last one the cache is kept by nobody.
    /// </summary>
    private void UnlistIfClean(FileState file)
    {
        if (HasWork(file)) return;
        Unlist(file);
        _files.Dirty.IfNone(_slept);
    }

    /// <summary>
    /// Takes a clean file off the list. A page that becomes dirty meanwhile is seen here, or lists it again.
    /// </summary>
    private void Unlist(FileState file)
    {
        _files.Dirty.Remove(file);
        file.Pending.Unlist();
        if (HasWork(file)) file.Pending.NoteDirty();
    }
}
