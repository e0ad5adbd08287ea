namespace Concord.Caching;

/// <summary>
/// Locks of the owner of a file's store, for the cache's own reads and writes of the file. Background work takes them
/// before it claims a page: so it never waits for a lock while it has pages that the lock's holder waits for. The
/// thread that takes them also releases them, since such locks belong to threads. NT: CACHE_MANAGER_CALLBACKS.
/// </summary>
internal interface IBackgroundLocks
{
    /// <summary>Takes the locks that a write-back needs.</summary>
    /// <param name="mayWait">Whether the call may block until it has them.</param>
    /// <returns>Whether they were taken; if not, the caller writes nothing now.</returns>
    bool TryEnterWriteBack(bool mayWait);

    /// <summary>Releases what <see cref="TryEnterWriteBack"/> took.</summary>
    void LeaveWriteBack();

    /// <summary>Takes the locks that read-ahead needs; never blocks for them.</summary>
    /// <returns>Whether they were taken; if not, the caller reads nothing ahead.</returns>
    bool TryEnterReadAhead();

    /// <summary>Releases what <see cref="TryEnterReadAhead"/> took.</summary>
    void LeaveReadAhead();
}
