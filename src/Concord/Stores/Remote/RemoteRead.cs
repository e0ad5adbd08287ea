namespace Concord.Stores;

/// <summary>
/// A read of a part of a remote file, filled by as many answers as it takes: bytes that have come are kept when an
/// answer ends early.
/// </summary>
internal sealed class RemoteRead(string name, RetryRules rules, long offset, Memory<byte> destination)
{
    private int _done;

    /// <summary>The first byte that has not come.</summary>
    internal long First => offset + _done;

    /// <summary>The last byte.</summary>
    internal long Last => offset + destination.Length - 1;

    /// <summary>Asks for what is missing until nothing is.</summary>
    /// <param name="ask">Asks once, for the bytes from <see cref="First"/> to <see cref="Last"/>.</param>
    /// <param name="cancellationToken">Stops the read.</param>
    /// <exception cref="IOException">They could not be read.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async ValueTask FillAsync(Func<Task> ask, CancellationToken cancellationToken)
    {
        var retries = new RetryPlan(rules);
        while (_done < destination.Length)
        {
            int before = _done;
            try
            {
                await ask().ConfigureAwait(false);
            }
            catch (PassingFailure failure)
            {
                if (_done > before) retries.NoteProgress();
                await retries.WaitAsync(failure, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes the body of an answer, which has to be as long as it said.</summary>
    /// <param name="body">The body, from <see cref="First"/> on.</param>
    /// <param name="length">How many bytes it has; at least one, and none behind <see cref="Last"/>.</param>
    /// <param name="deadline">The server's time, which begins anew with each piece.</param>
    /// <exception cref="PassingFailure">It is shorter, late, or failed; what came is kept.</exception>
    /// <exception cref="IOException">It is longer.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled the read.</exception>
    internal async Task TakeAsync(Stream body, int length, Deadline deadline)
    {
        bool isLonger;
        try
        {
            isLonger = await CopyAsync(body, length, deadline).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not PassingFailure
            && error is HttpRequestException or IOException or OperationCanceledException)
        {
            throw deadline.Explain(name, error);
        }

        if (isLonger) throw new IOException($"{name}: an answer has more bytes than the {length} that it said");
    }

    private async Task<bool> CopyAsync(Stream body, int length, Deadline deadline)
    {
        for (int end = _done + length; _done < end;)
        {
            int count = await body.ReadAsync(destination[_done..end], deadline.Token).ConfigureAwait(false);
            if (count == 0)
                throw new PassingFailure($"{name}: an answer ended after {length - end + _done} of {length} bytes");
            deadline.Extend();
            _done += count;
        }

        return await body.ReadAsync(new byte[1], deadline.Token).ConfigureAwait(false) > 0;
    }
}
