namespace Concord.Nt;

/// <summary>
/// <see cref="FSRTL_COMMON_FCB_HEADER"/>, field for field, and what filters keep behind it, which is not used here.
/// (NT: FSRTL_ADVANCED_FCB_HEADER.)
/// </summary>
public unsafe struct FSRTL_ADVANCED_FCB_HEADER
{
    /// <summary>The caller's own.</summary>
    public short NodeTypeCode;

    /// <summary>The caller's own.</summary>
    public short NodeByteSize;

    /// <summary>FSRTL_FLAG_*.</summary>
    public byte Flags;

    /// <summary>A <see cref="FAST_IO_POSSIBLE"/>.</summary>
    public byte IsFastIoPossible;

    /// <summary>Not used here.</summary>
    public byte Flags2;

    /// <summary>Two fields of four bits, of which C knows the names; not used here.</summary>
    internal byte ReservedAndVersion;

    /// <summary>The stream's main lock; see <see cref="FSRTL_COMMON_FCB_HEADER.Resource"/>.</summary>
    public ERESOURCE* Resource;

    /// <summary>The lock of paging I/O. Not used here.</summary>
    public ERESOURCE* PagingIoResource;

    /// <summary>Bytes that the store has room for.</summary>
    public LARGE_INTEGER AllocationSize;

    /// <summary>Bytes that the stream has.</summary>
    public LARGE_INTEGER FileSize;

    /// <summary>Bytes, from the first on, that were ever written.</summary>
    public LARGE_INTEGER ValidDataLength;

    /// <summary>The caller's own.</summary>
    public void* FastMutex;

    /// <summary>Not used here.</summary>
    public fixed ulong FilterContexts[2];

    /// <summary>Not used here.</summary>
    public nuint PushLock;

    /// <summary>Not used here.</summary>
    public void** FileContextSupportPointer;

    /// <summary>Not used here.</summary>
    public void* Oplock;

    /// <summary>Not used here.</summary>
    public void* ReservedContext;
}
