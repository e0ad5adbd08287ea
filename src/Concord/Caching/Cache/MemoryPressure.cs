namespace Concord.Caching;

/// <summary>
/// Tells the collector how much native memory a cache has: otherwise a program that makes and drops caches could run
/// out of memory before the collector runs.
/// </summary>
internal sealed class MemoryPressure : IDisposable
{
    /// <summary>The most that is told: more would not make a collection more urgent.</summary>
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
