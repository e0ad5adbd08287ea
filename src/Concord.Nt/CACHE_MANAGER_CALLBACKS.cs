namespace Concord.Nt;

/// <summary>
/// How write-behind and read-ahead take and release a file system's locks. (NT: CACHE_MANAGER_CALLBACKS.)
/// </summary>
/// <remarks>
/// Called on threads of the cache, by each the release after the calls of the store that it is for, if the acquisition
/// said TRUE; several threads may be inside at once. Without leave to wait an acquisition is a try: the file is left
/// alone for now. Write-behind is what the cache writes by itself; what a routine writes for its caller is not.
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
