namespace Concord.Caching;

/// <summary>
/// Locks of the owner of a file's store, for the cache's own reads and writes of the file. Work in the background
/// enters before it claims a page, so that it never waits for the owner's locks with pages that their holder may be
/// waiting for; and it leaves on the thread that entered, since such locks belong to threads. NT:
/// CACHE_MANAGER_CALLBACKS.
/// </summary>
internal interface IBackgroundLocks
{
    /// <summary>Takes what writing back needs.</summary>
    /// <param name="mayWait">Whether the call may block until it has that.</param>
    /// <returns>Whether it was taken; if not, nothing is to be written now.</returns>
    bool TryEnterWriteBack(bool mayWait);

    /// <summary>Releases what <see cref="TryEnterWriteBack"/> took.</summary>
    void LeaveWriteBack();

    /// <summary>Takes what reading ahead needs; never blocks for it.</summary>
    /// <returns>Whether it was taken; if not, nothing is read ahead.</returns>
    bool TryEnterReadAhead();

    /// <summary>Releases what <see cref="TryEnterReadAhead"/> took.</summary>
    void LeaveReadAhead();
}
