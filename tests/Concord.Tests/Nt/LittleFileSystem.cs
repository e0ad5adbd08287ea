using System.Runtime.InteropServices;
using Concord.Nt;
using static Concord.Nt.Ntddk;
using static Concord.Nt.NtHost;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>
/// A file system with one file, written as those of Windows are: its own control block with two resources and its own
/// section object pointers, its own file objects, and callbacks for paging I/O that take the second resource.
/// </summary>
internal sealed unsafe class LittleFileSystem : IDisposable
{
    private readonly GCHandle _self;
    private readonly FileCache _cache;
    private readonly CONCORD_STORE _store;
    private readonly CACHE_MANAGER_CALLBACKS _callbacks;

    internal LittleFileSystem(byte[] content, FileCache cache, bool setsLength = false)
    {
        Disk = new LittleDisk(content);
        _cache = cache;
        _self = GCHandle.Alloc(this);
        Fcb = (ControlBlock*)NativeMemory.AllocZeroed((nuint)sizeof(ControlBlock));
        Fcb->FileSystem = GCHandle.ToIntPtr(_self);
        Fcb->Header.Flags = FSRTL_COMMON_FCB_HEADER.FSRTL_FLAG_ADVANCED_HEADER;
        Fcb->Header.IsFastIoPossible = (byte)FAST_IO_POSSIBLE.FastIoIsPossible;
        Fcb->Header.Resource = &Fcb->Main;
        Fcb->Header.PagingIoResource = &Fcb->Paging;
        Assert.Equal(STATUS_SUCCESS, ExInitializeResourceLite(&Fcb->Main));
        Assert.Equal(STATUS_SUCCESS, ExInitializeResourceLite(&Fcb->Paging));
        Fcb->Header.FileSize.QuadPart = Fcb->Header.ValidDataLength.QuadPart = content.Length;
        Fcb->Header.AllocationSize.QuadPart = Allocation(content.Length);
        _store = new CONCORD_STORE
        {
            Size = (uint)sizeof(CONCORD_STORE),
            Read = &ReadDisk,
            Write = &WriteDisk,
            Flush = &FlushDisk,
        };
        if (setsLength) _store.SetLength = &SetDiskLength;
        _callbacks = new CACHE_MANAGER_CALLBACKS
        {
            AcquireForLazyWrite = &AcquireForLazyWrite,
            ReleaseFromLazyWrite = &ReleaseMain,
            AcquireForReadAhead = &AcquireForReadAhead,
            ReleaseFromReadAhead = &ReleaseMain,
        };
    }

    internal LittleDisk Disk { get; }

    internal ControlBlock* Fcb { get; }

    internal SECTION_OBJECT_POINTERS* Sections => &Fcb->Sections;

    /// <summary>How often write-behind has taken the main resource.</summary>
    internal int LazyWrites => Volatile.Read(ref Fcb->LazyWrites);

    /// <summary>Whether paging I/O ends only later than its calls return.</summary>
    internal bool EndsLater { get; set; }

    internal long Length => Fcb->Header.FileSize.QuadPart;

    internal FILE_OBJECT* Open()
    {
        var file = Make();
        Assert.Equal(STATUS_SUCCESS, Attach(file));
        return file;
    }

    /// <summary>A file object that is not attached.</summary>
    internal FILE_OBJECT* Make()
    {
        var file = (FILE_OBJECT*)NativeMemory.AllocZeroed((nuint)sizeof(FILE_OBJECT));
        file->Type = FILE_OBJECT.IO_TYPE_FILE;
        file->Size = (short)sizeof(FILE_OBJECT);
        file->FsContext = Fcb;
        file->SectionObjectPointer = &Fcb->Sections;
        return file;
    }

    internal NTSTATUS Attach(FILE_OBJECT* file)
    {
        var store = _store;
        return ConcordAttach(file, &store, Fcb, _cache);
    }

    internal static void Free(FILE_OBJECT* file) => NativeMemory.Free(file);

    /// <summary>Cleanup and close.</summary>
    internal static void Close(FILE_OBJECT* file)
    {
        _ = CcUninitializeCacheMap(file, null, null);
        Assert.Equal(STATUS_SUCCESS, ConcordDetach(file));
        Free(file);
    }

    internal void AcquireMain()
    {
        FsRtlEnterFileSystem();
        Assert.True((bool)ExAcquireResourceExclusiveLite(&Fcb->Main, true));
    }

    internal void ReleaseMainHere()
    {
        ExReleaseResourceLite(&Fcb->Main);
        FsRtlExitFileSystem();
    }

    internal void BeginCaching(FILE_OBJECT* file)
    {
        var (sizes, callbacks) = (Sizes, _callbacks);
        CcInitializeCacheMap(file, &sizes, true, &callbacks, Fcb);
    }

    internal byte[] Read(FILE_OBJECT* file, long offset, int length)
    {
        FsRtlEnterFileSystem();
        _ = ExAcquireResourceSharedLite(&Fcb->Main, true);
        try
        {
            if (file->PrivateCacheMap is null) BeginCaching(file);
            byte[] bytes = new byte[Math.Clamp(Length - offset, 0, length)];
            if (bytes.Length == 0) return bytes;
            var start = new LARGE_INTEGER { QuadPart = offset };
            IO_STATUS_BLOCK status;
            fixed (byte* buffer = bytes)
                Assert.True((bool)CcCopyRead(file, &start, (uint)bytes.Length, true, buffer, &status));
            Assert.Equal((STATUS_SUCCESS, (nuint)bytes.Length), (status.Status, status.Information));
            return bytes;
        }
        finally
        {
            ReleaseMainHere();
        }
    }

    internal void Write(FILE_OBJECT* file, long offset, byte[] bytes)
    {
        FsRtlEnterFileSystem();
        bool extends = offset + bytes.Length > Fcb->Header.ValidDataLength.QuadPart;
        _ = extends ? ExAcquireResourceExclusiveLite(&Fcb->Main, true) : ExAcquireResourceSharedLite(&Fcb->Main, true);
        try
        {
            if (file->PrivateCacheMap is null) BeginCaching(file);
            long end = offset + bytes.Length, valid = Fcb->Header.ValidDataLength.QuadPart;
            if (end > Length) SetSizes(file, end, valid);
            var start = new LARGE_INTEGER { QuadPart = offset };
            if (extends && offset > valid)
            {
                var from = new LARGE_INTEGER { QuadPart = valid };
                Assert.True((bool)CcZeroData(file, &from, &start, true));
            }

            fixed (byte* buffer = bytes)
                Assert.True((bool)CcCopyWrite(file, &start, (uint)bytes.Length, true, buffer));
            if (extends) Fcb->Header.ValidDataLength.QuadPart = Math.Max(valid, end);
        }
        finally
        {
            ReleaseMainHere();
        }
    }

    /// <summary>
    /// Reads the disk itself: what is cached goes there first, and the rest of the call shares the file.
    /// </summary>
    internal byte[] ReadUncached(FILE_OBJECT* file, long offset, int length)
    {
        AcquireMain();
        try
        {
            var status = FlushAndPurge(file, offset, length, CC_FLUSH_AND_PURGE_NO_PURGE);
            Assert.True(NT_SUCCESS(status.Status), status.ToString());
            ExConvertExclusiveToSharedLite(&Fcb->Main);
            byte[] bytes = new byte[Math.Clamp(Length - offset, 0, length)];
            int valid = (int)Math.Clamp(Fcb->Header.ValidDataLength.QuadPart - offset, 0, bytes.Length);
            Assert.Equal(valid, Disk.Read(offset, bytes.AsSpan(0, valid)));
            return bytes;
        }
        finally
        {
            ReleaseMainHere();
        }
    }

    /// <summary>Writes the disk itself, with paging I/O kept out until it has the bytes.</summary>
    internal void WriteUncached(FILE_OBJECT* file, long offset, byte[] bytes)
    {
        AcquireMain();
        _ = ExAcquireResourceExclusiveLite(&Fcb->Paging, true);
        try
        {
            long end = offset + bytes.Length, valid = Fcb->Header.ValidDataLength.QuadPart;
            var status = FlushAndPurge(file, offset, bytes.Length, 0);
            Assert.True(NT_SUCCESS(status.Status), status.ToString());
            if (offset > valid) Disk.Write(valid, new byte[offset - valid]);
            Disk.Write(offset, bytes);
            if (end > valid) SetSizes(file, Math.Max(Length, end), end);
        }
        finally
        {
            ExReleaseResourceLite(&Fcb->Paging);
            ReleaseMainHere();
        }
    }

    internal bool SetEndOfFile(FILE_OBJECT* file, long length)
    {
        AcquireMain();
        try
        {
            var size = new LARGE_INTEGER { QuadPart = length };
            if (length < Length && !MmCanFileBeTruncated(&Fcb->Sections, &size)) return false;
            _ = ExAcquireResourceExclusiveLite(&Fcb->Paging, true);
            SetSizes(file, length, Math.Min(length, Fcb->Header.ValidDataLength.QuadPart));
            if (_store.SetLength is null) Disk.SetLength(length);
            ExReleaseResourceLite(&Fcb->Paging);
            return true;
        }
        finally
        {
            ReleaseMainHere();
        }
    }

    /// <summary>The coherency routine; the caller has the main resource alone.</summary>
    internal static IO_STATUS_BLOCK FlushAndPurge(FILE_OBJECT* file, long offset, long length, uint flags)
    {
        var start = new LARGE_INTEGER { QuadPart = offset };
        return CoherencyFixture.Raw(file->SectionObjectPointer, &start, (uint)length, flags);
    }

    internal void SetSizes(FILE_OBJECT* file, long length, long valid)
    {
        Fcb->Header.AllocationSize.QuadPart = Math.Max(Fcb->Header.AllocationSize.QuadPart, Allocation(length));
        Fcb->Header.FileSize.QuadPart = length;
        Fcb->Header.ValidDataLength.QuadPart = valid;
        var sizes = Sizes;
        CcSetFileSizes(file, &sizes);
    }

    internal CC_FILE_SIZES Sizes => new()
    {
        AllocationSize = Fcb->Header.AllocationSize,
        FileSize = Fcb->Header.FileSize,
        ValidDataLength = Fcb->Header.ValidDataLength,
    };

    public void Dispose()
    {
        Assert.Equal(STATUS_SUCCESS, ExDeleteResourceLite(&Fcb->Main));
        Assert.Equal(STATUS_SUCCESS, ExDeleteResourceLite(&Fcb->Paging));
        NativeMemory.Free(Fcb);
        _self.Free();
    }

    private static long Allocation(long length) => (length + 0xFFFF) & ~0xFFFFL;

    private static LittleFileSystem Of(void* context) =>
        (LittleFileSystem)GCHandle.FromIntPtr(((ControlBlock*)context)->FileSystem).Target!;

    [UnmanagedCallersOnly]
    private static NTSTATUS ReadDisk(void* context, LARGE_INTEGER offset, uint length, void* buffer,
        IO_STATUS_BLOCK* io, void* request) => Of(context).Page((nint)request, io, () =>
            (STATUS_SUCCESS, Of(context).Disk.Read(offset.QuadPart, new Span<byte>(buffer, (int)length))));

    [UnmanagedCallersOnly]
    private static NTSTATUS WriteDisk(void* context, LARGE_INTEGER offset, uint length, void* buffer,
        IO_STATUS_BLOCK* io, void* request) => Of(context).Page((nint)request, io, () =>
        {
            var disk = Of(context).Disk;
            if (disk.FailsWrites) return (STATUS_IO_DEVICE_ERROR, 0);
            disk.Write(offset.QuadPart, new ReadOnlySpan<byte>(buffer, (int)length));
            return (STATUS_SUCCESS, (int)length);
        });

    [UnmanagedCallersOnly]
    private static NTSTATUS FlushDisk(void* context, void* request)
    {
        Of(context).Disk.Barrier();
        return STATUS_SUCCESS;
    }

    [UnmanagedCallersOnly]
    private static NTSTATUS SetDiskLength(void* context, LARGE_INTEGER length, void* request)
    {
        Of(context).Disk.SetLength(length.QuadPart);
        return STATUS_SUCCESS;
    }

    /// <summary>Paging I/O shares the second resource, which its thread may have alone.</summary>
    private NTSTATUS Page(nint request, IO_STATUS_BLOCK* io, Func<(NTSTATUS Status, int Count)> transfer)
    {
        FsRtlEnterFileSystem();
        _ = ExAcquireResourceSharedLite(&Fcb->Paging, true);
        var (status, count) = transfer();
        ExReleaseResourceLite(&Fcb->Paging);
        FsRtlExitFileSystem();
        if (!EndsLater)
        {
            io->Information = (nuint)count;
            return status;
        }

        ThreadPool.UnsafeQueueUserWorkItem(
            _ => Complete(request, status, count), null);
        return STATUS_PENDING;
    }

    private static void Complete(nint request, NTSTATUS status, int count) =>
        ConcordCompleteRequest((void*)request, status, (nuint)count);

    [UnmanagedCallersOnly]
    private static byte AcquireForLazyWrite(void* context, byte wait)
    {
        var fcb = (ControlBlock*)context;
        if (!ExAcquireResourceSharedLite(&fcb->Main, wait != 0)) return 0;
        Interlocked.Increment(ref fcb->LazyWrites);
        return 1;
    }

    [UnmanagedCallersOnly]
    private static byte AcquireForReadAhead(void* context, byte wait) =>
        ExAcquireResourceSharedLite(&((ControlBlock*)context)->Main, wait != 0).Value;

    [UnmanagedCallersOnly]
    private static void ReleaseMain(void* context) => ExReleaseResourceLite(&((ControlBlock*)context)->Main);

    /// <summary>The file's control block.</summary>
    internal struct ControlBlock
    {
        internal FSRTL_ADVANCED_FCB_HEADER Header;
        internal ERESOURCE Main;
        internal ERESOURCE Paging;
        internal SECTION_OBJECT_POINTERS Sections;
        internal nint FileSystem;
        internal int LazyWrites;
    }
}
