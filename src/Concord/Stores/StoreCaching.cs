namespace Concord;

/// <summary>Whether a store's bytes pass through the operating system's cache as well.</summary>
public enum StoreCaching
{
    /// <summary>
    /// Direct where the file system says how direct I/O has to be aligned, otherwise buffered. The system need not keep
    /// the pages that a cache of Concord keeps: that is memory outside the cache's capacity, and a copy that a purge
    /// leaves.
    /// </summary>
    Automatic = 0,

    /// <summary>
    /// Through the system's cache: for files that are small, or that other programs read at the same time.
    /// </summary>
    Buffered,

    /// <summary>
    /// Past the system's cache. Tried also where the file system does not say how direct I/O is aligned; buffered
    /// where it is refused.
    /// </summary>
    Direct,
}
