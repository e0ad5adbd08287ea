namespace Concord.Nt;

/// <summary>
/// A file system's own way to its disk, as the cache calls it for a stream: see <see cref="NtHost.ConcordAttach"/>.
/// </summary>
/// <remarks>
/// <para>
/// Each call gets the context of <see cref="NtHost.ConcordAttach"/> and returns a status. It may come on any thread,
/// several at once: reads and writes beside each other, but never two writes that overlap, nor two lengths. Within a
/// routine that a thread called, calls that the routine itself needs come on that thread, which may have taken the file
/// system's locks already; write-behind and read-ahead come on one thread between the calls of
/// <see cref="CACHE_MANAGER_CALLBACKS"/>. Page faults of views come on threads of their own.
/// </para>
/// <para>
/// STATUS_SUCCESS alone means that a call did what it was for. Any other status is a failure, whether the call returned
/// it, put it into its status block or was completed with it: what was to be written stays dirty. A success of another
/// kind is told as STATUS_UNEXPECTED_IO_ERROR.
/// </para>
/// <para>
/// A call that returns STATUS_PENDING is over when <see cref="NtHost.ConcordCompleteRequest"/> has been called with its
/// request, by any thread, before or after it returned; the buffer is the call's until then. A call must not use the
/// stream.
/// </para>
/// </remarks>
public unsafe struct CONCORD_STORE
{
    /// <summary>In <see cref="Flags"/>: the store takes no writes.</summary>
    public const uint CONCORD_STORE_READ_ONLY = 0x1;

    /// <summary>Bytes of this structure.</summary>
    public uint Size;

    /// <summary>CONCORD_STORE_*.</summary>
    public uint Flags;

    /// <summary>
    /// Reads: context, offset, length, buffer, where the status and the number of bytes go, request. Fewer bytes than
    /// asked for are followed by a further read; none, or STATUS_END_OF_FILE, mean that the store ends there, which is
    /// an error where the file goes on. Where views write behind the valid data the store sees to the gap itself, as
    /// file systems do for paging I/O: what it never got reads as zeros.
    /// </summary>
    public delegate* unmanaged<void*, LARGE_INTEGER, uint, void*, IO_STATUS_BLOCK*, void*, NTSTATUS> Read;

    /// <summary>
    /// Writes all of a buffer: the arguments of <see cref="Read"/>. Information is the buffer's length before the call;
    /// another number after it is a failure, of which nothing counts as written. It never ends behind the size that the
    /// cache was told last, except where <c>CcCopyWrite</c> itself went beyond that: then it makes the store longer,
    /// and <see cref="SetLength"/> is not called.
    /// </summary>
    public delegate* unmanaged<void*, LARGE_INTEGER, uint, void*, IO_STATUS_BLOCK*, void*, NTSTATUS> Write;

    /// <summary>
    /// Makes durable what was accepted before the call: context, request. Null where a write is durable when it is
    /// over.
    /// </summary>
    public delegate* unmanaged<void*, void*, NTSTATUS> Flush;

    /// <summary>
    /// Changes the store's length, within the routine that the size was told to (<c>CcSetFileSizes</c>,
    /// <c>CcInitializeCacheMap</c>, a size put where <c>CcGetFileSizePointer</c> shows it), and for no write: context,
    /// length, request. Bytes behind the old end read as zeros afterwards. Null for a file system that sees to its
    /// lengths itself.
    /// </summary>
    public delegate* unmanaged<void*, LARGE_INTEGER, void*, NTSTATUS> SetLength;

    /// <summary>What is wrong with it, or null.</summary>
    internal readonly string? FindBroken() =>
        Size != sizeof(CONCORD_STORE) ? $"Store.Size must be {sizeof(CONCORD_STORE)}, and is {Size}"
        : (Flags & ~CONCORD_STORE_READ_ONLY) != 0 ? $"Store.Flags has unknown bits: 0x{Flags:X}"
        : Read is null ? "Store.Read must not be null"
        : Write is null && (Flags & CONCORD_STORE_READ_ONLY) == 0
            ? "Store.Write must not be null, unless Flags has CONCORD_STORE_READ_ONLY"
        : null;

    /// <summary>Whether another is the same.</summary>
    internal readonly bool Is(CONCORD_STORE other) =>
        (Flags, (nint)Read, (nint)Write, (nint)Flush, (nint)SetLength)
        == (other.Flags, (nint)other.Read, (nint)other.Write, (nint)other.Flush, (nint)other.SetLength);
}
