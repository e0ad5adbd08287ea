namespace Concord.Caching;

/// <summary>
/// Tells the collector how much memory goes with a cache, which it cannot see: without it, a program that makes and
/// drops caches would run out of memory before the collector finds a reason to look for them.
/// </summary>
internal sealed class MemoryPressure : IDisposable
{
    /// <summary>More makes it no more urgent.</summary>
    private const long BytesMax = 1L << 30;

    private long _bytes;

    internal MemoryPressure(long bytes)
    {
        _bytes = Math.Clamp(bytes, 1, BytesMax);
        GC.AddMemoryPressure(_bytes);
    }

    /// <summary>The cache was dropped.</summary>
    ~MemoryPressure() => End();

    /// <summary>The cache is closed. Idempotent.</summary>
    public void Dispose()
    {
        End();
        GC.SuppressFinalize(this);
    }

    private void End()
    {
        if (Interlocked.Exchange(ref _bytes, 0) is > 0 and var bytes) GC.RemoveMemoryPressure(bytes);
    }
}
