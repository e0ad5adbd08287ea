namespace Concord.Nt;

/// <summary>
/// How the original's lazy writer and read-ahead take and release a file system's locks. (NT: CACHE_MANAGER_CALLBACKS.)
/// </summary>
/// <remarks>
/// Kept and not called: paging I/O of this cache takes none of a file system's locks and not the file's hold either, so
/// there is nothing that it could take in the wrong order.
/// </remarks>
public unsafe struct CACHE_MANAGER_CALLBACKS
{
    /// <summary>Takes what the lazy writer needs; the context, and whether it may wait.</summary>
    public delegate* unmanaged<void*, byte, byte> AcquireForLazyWrite;

    /// <summary>Releases it.</summary>
    public delegate* unmanaged<void*, void> ReleaseFromLazyWrite;

    /// <summary>Takes what read-ahead needs; the context, and whether it may wait.</summary>
    public delegate* unmanaged<void*, byte, byte> AcquireForReadAhead;

    /// <summary>Releases it.</summary>
    public delegate* unmanaged<void*, void> ReleaseFromReadAhead;
}
