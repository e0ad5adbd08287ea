namespace Concord.Caching;

/// <summary>
/// Counts the requests by which long ranges of one file are loaded. A request that a call makes for itself is counted
/// and never refused.
/// </summary>
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
