namespace Concord.Stores;

/// <summary>When a request is sent again, and when no more.</summary>
internal sealed class RetryPlan(RetryRules rules)
{
    private int _failures;

    /// <summary>Asks until there is an answer, or no further attempt.</summary>
    /// <exception cref="IOException">There is no further attempt.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal static async Task<T> AskAsync<T>(
        RetryRules rules, Func<CancellationToken, Task<T>> attempt, CancellationToken cancellationToken)
    {
        var retries = new RetryPlan(rules);
        while (true)
        {
            try
            {
                return await attempt(cancellationToken).ConfigureAwait(false);
            }
            catch (PassingFailure failure)
            {
                await retries.WaitAsync(failure, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Bytes have come: failures from now on count from the first again.</summary>
    internal void NoteProgress() => _failures = 0;

    /// <summary>Waits before the next attempt.</summary>
    /// <exception cref="IOException">There is no next attempt.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task WaitAsync(PassingFailure failure, CancellationToken cancellationToken)
    {
        _failures++;
        if (failure.RetryAfter > rules.DelayMax)
        {
            throw new IOException(
                $"{failure.Message}; it asks for a pause of {failure.RetryAfter}, longer than {rules.DelayMax}",
                failure.InnerException);
        }

        if (_failures > rules.RetriesMax)
        {
            string often = _failures == 1 ? "once" : $"{_failures} times in a row";
            throw new IOException($"{failure.Message}; asked {often}", failure.InnerException);
        }

        await Task.Delay(PauseBefore(failure), rules.Clock, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>At random, so that clients that failed together do not come back together.</summary>
    private TimeSpan PauseBefore(PassingFailure failure)
    {
        double longest = Math.Min(
            rules.Delay.TotalSeconds * Math.Pow(2, _failures - 1), rules.DelayMax.TotalSeconds);
        var pause = TimeSpan.FromSeconds(longest * (1 + Random.Shared.NextDouble()) / 2);
        return failure.RetryAfter > pause ? failure.RetryAfter.Value : pause;
    }
}
