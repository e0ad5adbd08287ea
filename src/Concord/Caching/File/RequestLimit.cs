namespace Concord.Caching;

/// <summary>Counts the requests of one file that are made beside others: of long ranges, and of read-ahead.</summary>
internal sealed class RequestLimit(int most)
{
    private int _inFlight;

    /// <summary>How many there may be.</summary>
    internal int Most => most;

    /// <summary>How many may begin now.</summary>
    internal int Free => Math.Max(0, most - Volatile.Read(ref _inFlight));

    /// <summary>Begins a request that the caller does not make if there are enough.</summary>
    internal bool TryBegin()
    {
        if (Interlocked.Increment(ref _inFlight) <= most) return true;
        End();
        return false;
    }

    /// <summary>Begins a request that its caller needs whatever the limit.</summary>
    internal void Begin() => Interlocked.Increment(ref _inFlight);

    internal void End() => Interlocked.Decrement(ref _inFlight);
}
