namespace Concord.Stores.Http;

/// <summary>When a request is sent again, and when no more.</summary>
internal sealed class RetryPlan(HttpStoreOptions options)
{
    private int _failures;

    /// <summary>Bytes have come: failures from now on count from the first again.</summary>
    internal void NoteProgress() => _failures = 0;

    /// <summary>Waits before the next attempt.</summary>
    /// <exception cref="IOException">There is no next attempt.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async Task WaitAsync(PassingFailure failure, CancellationToken cancellationToken)
    {
        _failures++;
        if (failure.RetryAfter > options.RetryDelayMax)
        {
            throw new IOException(
                $"{failure.Message}; it asks for a pause of {failure.RetryAfter}, longer than {options.RetryDelayMax}",
                failure.InnerException);
        }

        if (_failures > options.RetriesMax)
        {
            string often = _failures == 1 ? "once" : $"{_failures} times in a row";
            throw new IOException($"{failure.Message}; asked {often}", failure.InnerException);
        }

        await Task.Delay(PauseBefore(failure), options.TimeProvider, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>At random, so that clients that failed together do not come back together.</summary>
    private TimeSpan PauseBefore(PassingFailure failure)
    {
        double longest = Math.Min(
            options.RetryDelay.TotalSeconds * Math.Pow(2, _failures - 1), options.RetryDelayMax.TotalSeconds);
        var pause = TimeSpan.FromSeconds(longest * (1 + Random.Shared.NextDouble()) / 2);
        return failure.RetryAfter > pause ? failure.RetryAfter.Value : pause;
    }
}
