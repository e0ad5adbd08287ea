namespace Concord.Nt;

/// <summary>
/// What a file system's control block of a stream begins with, to which <see cref="FILE_OBJECT.FsContext"/> points: the
/// stream's locks and sizes. (NT: FSRTL_COMMON_FCB_HEADER.)
/// </summary>
public unsafe struct FSRTL_COMMON_FCB_HEADER
{
    /// <summary>In <see cref="Flags"/>: it is the beginning of an <see cref="FSRTL_ADVANCED_FCB_HEADER"/>.</summary>
    public const byte FSRTL_FLAG_ADVANCED_HEADER = 0x40;

    /// <summary>The caller's own.</summary>
    public short NodeTypeCode;

    /// <summary>The caller's own.</summary>
    public short NodeByteSize;

    /// <summary>FSRTL_FLAG_*.</summary>
    public byte Flags;

    /// <summary>A <see cref="FAST_IO_POSSIBLE"/>: what the FsRtl routines may do.</summary>
    public byte IsFastIoPossible;

    /// <summary>Not used here.</summary>
    public byte Flags2;

    /// <summary>Two fields of four bits, of which C knows the names; not used here.</summary>
    internal byte ReservedAndVersion;

    /// <summary>
    /// The stream's main lock. Its exclusive holder is who has "acquired the file exclusively". Null if the file system
    /// has locks of another kind, which the routines cannot check.
    /// </summary>
    public ERESOURCE* Resource;

    /// <summary>The lock of paging I/O. Not used here: it is for the file system's own reads and writes.</summary>
    public ERESOURCE* PagingIoResource;

    /// <summary>Bytes that the store has room for.</summary>
    public LARGE_INTEGER AllocationSize;

    /// <summary>Bytes that the stream has.</summary>
    public LARGE_INTEGER FileSize;

    /// <summary>Bytes, from the first on, that were ever written.</summary>
    public LARGE_INTEGER ValidDataLength;
}
