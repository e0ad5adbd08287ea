using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>How a call gets room: by evicting, by writing back, by waiting; or it is told that there is none.</summary>
internal sealed partial class Evictor
{
    /// <summary>How long a call waits for an activity before it looks again: the activity's store may hang.</summary>
    private static readonly TimeSpan ActivityLimit = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How often, each time for <see cref="PassingTime"/>, a call waits for memory that is counted and that no page
    /// has: another call is between two steps, or loads a page.
    /// </summary>
    private const int PassingRoundsMax = 1000;

    /// <summary>How many looks in a row may find nothing that could leave; one more, and the cache is full.</summary>
    private const int LooksMax = 4;

    /// <summary>
    /// How often a call cleans its own file in vain, and never successfully, and still finds no room. Files below a
    /// stack's store go on to be cleaned meanwhile, and the own file takes the room that they leave for its next try.
    /// Tries of other calls for the same file do not begin the count again.
    /// </summary>
    private const int FailuresMax = 16;

    /// <summary>
    /// In how many turns other files may fail while no page leaves that gives room to all; and in how many at all,
    /// where other calls take that room each time.
    /// </summary>
    private const int FailedTurnsMax = 8, FailedTurnsEverMax = 256;

    private static readonly TimeSpan PassingTime = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Returns when there was room for <paramref name="pages"/> pages of a file; the caller then tries again. If pages
    /// have to be written first, those of this file are written before those of others.
    /// </summary>
    /// <exception cref="IOException">
    /// Nothing can leave memory: it is all leased, or suspended, or cannot be written; or a store does not answer.
    /// </exception>
    internal async ValueTask MakeRoomAsync(
        FileState own, int pages, CallMode mode, CancellationToken cancellationToken)
    {
        int nothing = 0, failures = 0, fruitless = 0;
        long began = Time.GetTimestamp();
        CleaningTurn? turn = null;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await _cache.Scheduler.YieldPointAsync().ConfigureAwait(false);

            // Evict clean pages first: that costs no write.
            int given = SweepFor(pages);
            if (own.HasRoomFor(pages)) return;

            // Where pages left, they were too few, or other calls took their room: sweep again.
            fruitless = given > 0 ? 0 : fruitless + 1;
            if (given > 0)
            {
                if (turn is not null) turn.Failed = 0;
                continue;
            }

            if (fruitless > 1)
            {
                // A store that this call waits for may itself wait for this call.
                if (TryStandAside(own)) return;
                ThrowIfUnanswered(began);
            }

            // Nothing clean can leave: write back the call's own file, and then others.
            var (cleaned, error) = await FileCleaner.CleanAsync(own, mode, cancellationToken).ConfigureAwait(false);
            failures = cleaned ? 0 : failures + (error is null ? 0 : 1);
            if (failures > FailuresMax) throw Full(error);
            if (!cleaned)
            {
                turn ??= new CleaningTurn();
                cleaned = await TryCleanOthersAsync(own, turn, mode, cancellationToken).ConfigureAwait(false);
                error ??= turn.Error;
            }

            // Where nothing can be cleaned, wait for an activity of another call, or report that the cache is full.
            nothing = cleaned ? 0 : await LookAgainAsync(own, pages, nothing, fruitless, error, mode, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Waits until another call may have made room.</summary>
    /// <param name="own">The file that needs room.</param>
    /// <param name="pages">For how many pages.</param>
    /// <param name="nothing">How many looks in a row found nothing that could leave.</param>
    /// <param name="fruitless">How many sweeps in a row gave nothing.</param>
    /// <param name="error">Why nothing could be cleaned, if that failed.</param>
    /// <param name="mode">How to wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The looks that found nothing, this one included; 0 where something may still leave.</returns>
    /// <exception cref="IOException">Too many looks found nothing.</exception>
    private async ValueTask<int> LookAgainAsync(
        FileState own, int pages, int nothing, int fruitless, Exception? error, CallMode mode,
        CancellationToken cancellationToken)
    {
        if (FindActivity(own) is { } change)
        {
            await change.WaitAsync(mode, _cache.Scheduler, ActivityLimit, cancellationToken).ConfigureAwait(false);
            return 0;
        }

        if (!IsNothingLeft(own, fruitless, canWrite: error is null) || own.HasRoomFor(pages)) return nothing;

        // The looks are one after the other, so memory that passes from call to call can be missed: look again.
        bool isPassing = (fruitless < PassingRoundsMax && IsMemoryPassing())
            || (error is null && IsAsideOfOthers(own));
        nothing = isPassing ? 0 : nothing + 1;
        if (nothing > LooksMax) throw Full(error);
        await _cache.Scheduler.DelayAsync(PassingTime, mode, cancellationToken).ConfigureAwait(false);
        return nothing;
    }

    /// <summary>Has other files cleaned, for a call that has nothing of its own to clean.</summary>
    /// <returns>Whether the caller should look for room again at once.</returns>
    /// <exception cref="IOException">They failed turn after turn, and nobody got room.</exception>
    private async ValueTask<bool> TryCleanOthersAsync(
        FileState own, CleaningTurn turn, CallMode mode, CancellationToken cancellationToken)
    {
        var state = await _cleaner.CleanOthersAsync(own, turn, mode, cancellationToken).ConfigureAwait(false);
        if (turn.Failed > FailedTurnsMax || turn.FailedEver > FailedTurnsEverMax) throw Full(turn.Error);
        return state != TurnState.AllTried;
    }
}
