namespace Concord.Nt;

/// <summary>
/// One open handle of a stream, as drivers see it: the first fields of the original, up to those that the cache
/// routines use. (NT: FILE_OBJECT.)
/// </summary>
public unsafe struct FILE_OBJECT
{
    /// <summary>What <see cref="Type"/> is for a file object. (NT: IO_TYPE_FILE.)</summary>
    public const short IO_TYPE_FILE = 5;

    /// <summary>The kind of object: <see cref="IO_TYPE_FILE"/>.</summary>
    public short Type;

    /// <summary>Bytes of this structure.</summary>
    public short Size;

    /// <summary>Not used here.</summary>
    public void* DeviceObject;

    /// <summary>Not used here.</summary>
    public void* Vpb;

    /// <summary>The caller's own for the stream.</summary>
    public void* FsContext;

    /// <summary>The caller's own for this handle.</summary>
    public void* FsContext2;

    /// <summary>What the stream has in memory; the same for all handles of a stream.</summary>
    public SECTION_OBJECT_POINTERS* SectionObjectPointer;

    /// <summary>Not null when this handle's reads and writes go through a cache.</summary>
    public void* PrivateCacheMap;
}
