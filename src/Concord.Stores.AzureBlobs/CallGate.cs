namespace Concord.Stores.AzureBlobs;

/// <summary>Lets calls pass side by side, and a change of length by itself.</summary>
internal sealed class CallGate : IDisposable
{
    private const int Places = 64;

    private readonly SemaphoreSlim _places = new(Places), _closing = new(1);

    /// <summary>Waits for a place beside other calls.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async ValueTask<Pass> EnterAsync(CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Pass(_places, 1);
    }

    /// <summary>Waits until nobody else is inside.</summary>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    internal async ValueTask<Pass> EnterAloneAsync(CancellationToken cancellationToken)
    {
        await _closing.WaitAsync(cancellationToken).ConfigureAwait(false);
        int taken = 0;
        try
        {
            for (; taken < Places; taken++) await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
            return new Pass(_places, Places);
        }
        catch (OperationCanceledException)
        {
            if (taken > 0) _places.Release(taken);
            throw;
        }
        finally
        {
            // Whoever comes next waits for the places.
            _closing.Release();
        }
    }

    public void Dispose()
    {
        _places.Dispose();
        _closing.Dispose();
    }

    /// <summary>Places that are given back at the end.</summary>
    internal readonly struct Pass(SemaphoreSlim places, int count) : IDisposable
    {
        public void Dispose() => places.Release(count);
    }
}
