namespace Concord.Nt;

/// <summary>
/// A file system's locks as a flush has them: shared, the main one first. Disposed on the thread that made it.
/// </summary>
internal readonly struct FlushLocks : IDisposable
{
    private readonly ResourceLock? _main;
    private readonly ResourceLock? _paging;

    internal unsafe FlushLocks(ERESOURCE* main, ERESOURCE* paging)
    {
        // Memory that holds no lock is not locked.
        _main = ResourceLock.Of(main);
        _paging = ResourceLock.Of(paging);
        _ = _main?.Acquire(ResourceAccess.Shared, waits: true);
        _ = _paging?.Acquire(ResourceAccess.Shared, waits: true);
    }

    public void Dispose()
    {
        _ = _paging?.TryRelease();
        _ = _main?.TryRelease();
    }
}
