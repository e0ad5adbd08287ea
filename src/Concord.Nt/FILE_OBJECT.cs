namespace Concord.Nt;

/// <summary>
/// One open handle of a stream, as drivers see it. (NT: FILE_OBJECT.)
/// </summary>
public unsafe struct FILE_OBJECT
{
    /// <summary>What <see cref="Type"/> is for a file object.</summary>
    public const short IO_TYPE_FILE = 5;

    /// <summary>
    /// In <see cref="Flags"/>: what is written through this handle is in the store, durable, when the write returns.
    /// </summary>
    public const uint FO_WRITE_THROUGH = 0x10;

    /// <summary>
    /// In <see cref="Flags"/>: the file is temporary; what is dirty of it alone does not count as dirty data of its
    /// volume.
    /// </summary>
    public const uint FO_TEMPORARY_FILE = 0x8000;

    /// <summary>In <see cref="Flags"/>: bytes were written through this handle.</summary>
    public const uint FO_FILE_MODIFIED = 0x1000;

    /// <summary>In <see cref="Flags"/>: the stream was made longer through this handle.</summary>
    public const uint FO_FILE_SIZE_CHANGED = 0x2000;

    /// <summary>In <see cref="Flags"/>: bytes were read through this handle without the file system.</summary>
    public const uint FO_FILE_FAST_IO_READ = 0x80000;

    /// <summary>The kind of object: <see cref="IO_TYPE_FILE"/>.</summary>
    public short Type;

    /// <summary>Bytes of this structure.</summary>
    public short Size;

    /// <summary>Not used here.</summary>
    public void* DeviceObject;

    /// <summary>The volume, as the caller tells volumes apart: any value. Null at first.</summary>
    public void* Vpb;

    /// <summary>The caller's own for the stream.</summary>
    public void* FsContext;

    /// <summary>The caller's own for this handle.</summary>
    public void* FsContext2;

    /// <summary>What the stream has in memory; the same for all handles of a stream.</summary>
    public SECTION_OBJECT_POINTERS* SectionObjectPointer;

    /// <summary>
    /// Not null when this handle's caching is initialised: for a file of Concord's cache between
    /// <see cref="Ntifs.CcInitializeCacheMap"/> and <see cref="Ntifs.CcUninitializeCacheMap"/>, for others always.
    /// </summary>
    public void* PrivateCacheMap;

    /// <summary>The caller's own.</summary>
    public NTSTATUS FinalStatus;

    /// <summary>Not used here.</summary>
    public FILE_OBJECT* RelatedFileObject;

    /// <summary>Not used here.</summary>
    public BOOLEAN LockOperation;

    /// <summary>Not used here.</summary>
    public BOOLEAN DeletePending;

    /// <summary>The caller's own.</summary>
    public BOOLEAN ReadAccess;

    /// <summary>The caller's own.</summary>
    public BOOLEAN WriteAccess;

    /// <summary>The caller's own.</summary>
    public BOOLEAN DeleteAccess;

    /// <summary>The caller's own.</summary>
    public BOOLEAN SharedRead;

    /// <summary>The caller's own.</summary>
    public BOOLEAN SharedWrite;

    /// <summary>The caller's own.</summary>
    public BOOLEAN SharedDelete;

    /// <summary>FO_*; the caller sets those that apply. 0 at first.</summary>
    public uint Flags;

    /// <summary>The caller's own; messages call the stream by it.</summary>
    public UNICODE_STRING FileName;

    /// <summary>The caller's own; the FsRtl routines move it.</summary>
    public LARGE_INTEGER CurrentByteOffset;

    /// <summary>Not used here.</summary>
    public uint Waiters;

    /// <summary>Not used here.</summary>
    public uint Busy;

    /// <summary>Not used here.</summary>
    public void* LastLock;

    /// <summary>Not used here.</summary>
    public fixed ulong Lock[3];

    /// <summary>Not used here.</summary>
    public fixed ulong Event[3];

    /// <summary>Not used here.</summary>
    public void* CompletionContext;

    /// <summary>Not used here.</summary>
    public nuint IrpListLock;

    /// <summary>Not used here.</summary>
    public fixed ulong IrpList[2];

    /// <summary>Not used here.</summary>
    public void* FileObjectExtension;
}
