namespace Concord.Nt;

/// <summary>
/// What <see cref="Ntifs.CcUninitializeCacheMap"/> signals when a stream's caching has ended. (NT:
/// CACHE_UNINITIALIZE_EVENT.)
/// </summary>
public unsafe struct CACHE_UNINITIALIZE_EVENT
{
    /// <summary>Not used here.</summary>
    public CACHE_UNINITIALIZE_EVENT* Next;

    /// <summary>Signalled; the caller initialises it.</summary>
    public KEVENT Event;
}
