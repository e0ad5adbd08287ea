using System.Runtime.InteropServices;
using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.NtHost;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace Concord.Tests.Nt;

/// <summary>
/// A file object that is attached with a store whose calls answer as a test says, on a disk in memory. Its caching is
/// initialised; its control block has no resources.
/// </summary>
internal sealed unsafe class AnsweringFile : IDisposable
{
    private readonly GCHandle _self;
    private readonly FILE_OBJECT* _object;
    private readonly SECTION_OBJECT_POINTERS* _sections;
    private readonly FSRTL_COMMON_FCB_HEADER* _header;

    internal AnsweringFile(int pages, FileCache cache, uint flags = 0)
    {
        Disk = Pages.Of(1, pages);
        _self = GCHandle.Alloc(this);
        _object = (FILE_OBJECT*)NativeMemory.AllocZeroed((nuint)sizeof(FILE_OBJECT));
        _sections = (SECTION_OBJECT_POINTERS*)NativeMemory.AllocZeroed((nuint)sizeof(SECTION_OBJECT_POINTERS));
        _header = (FSRTL_COMMON_FCB_HEADER*)NativeMemory.AllocZeroed((nuint)sizeof(FSRTL_COMMON_FCB_HEADER));
        _header->FileSize.QuadPart = Disk.Length;
        _object->SectionObjectPointer = _sections;
        _object->FsContext = _header;
        var store = new CONCORD_STORE
        {
            Size = (uint)sizeof(CONCORD_STORE),
            Flags = flags,
            Read = &ReadDisk,
            Write = &WriteDisk,
            Flush = &FlushDisk,
            SetLength = &SetDiskLength,
        };
        Assert.Equal(STATUS_SUCCESS, ConcordAttach(_object, &store, (void*)GCHandle.ToIntPtr(_self), cache));
        var sizes = CachingFixture.Sizes(Disk.Length);
        CcInitializeCacheMap(_object, &sizes, true, null, null);
    }

    /// <summary>What a call says that it came to, instead of being done.</summary>
    internal delegate NTSTATUS Answer(uint length, IO_STATUS_BLOCK* told, void* request);

    internal byte[] Disk { get; private set; }

    internal FILE_OBJECT* Object => _object;

    internal SECTION_OBJECT_POINTERS* Sections => _sections;

    /// <summary>Null: the call does what it is for.</summary>
    internal Answer? OnRead { get; set; }

    internal Answer? OnWrite { get; set; }

    internal Func<NTSTATUS>? OnFlush { get; set; }

    internal Func<NTSTATUS>? OnSetLength { get; set; }

    /// <summary>The lengths that the store was told.</summary>
    internal List<long> Lengths { get; } = [];

    internal bool Write(long offset, byte[] bytes)
    {
        var start = new LARGE_INTEGER { QuadPart = offset };
        fixed (byte* buffer = bytes) return CcCopyWrite(_object, &start, (uint)bytes.Length, true, buffer);
    }

    internal byte[] Read(long offset, int length)
    {
        byte[] bytes = new byte[length];
        var start = new LARGE_INTEGER { QuadPart = offset };
        IO_STATUS_BLOCK status;
        fixed (byte* buffer = bytes)
            Assert.True((bool)CcCopyRead(_object, &start, (uint)length, true, buffer, &status));
        return bytes[..(int)status.Information];
    }

    internal IO_STATUS_BLOCK FlushAndPurge() => CoherencyFixture.Raw(_sections, null, 0, 0);

    internal NTSTATUS SetSize(long length)
    {
        var sizes = CachingFixture.Sizes(length);
        return CcSetFileSizesEx(_object, &sizes);
    }

    public void Dispose()
    {
        (OnRead, OnWrite, OnFlush, OnSetLength) = (null, null, null, null);
        Assert.Equal(STATUS_SUCCESS, ConcordDetach(_object));
        NativeMemory.Free(_object);
        NativeMemory.Free(_sections);
        NativeMemory.Free(_header);
        _self.Free();
    }

    private static AnsweringFile Of(void* context) => (AnsweringFile)GCHandle.FromIntPtr((nint)context).Target!;

    [UnmanagedCallersOnly]
    private static NTSTATUS ReadDisk(
        void* context, LARGE_INTEGER offset, uint length, void* buffer, IO_STATUS_BLOCK* told, void* request)
    {
        var file = Of(context);
        if (file.OnRead is { } answer) return answer(length, told, request);
        int count = (int)Math.Clamp(file.Disk.Length - offset.QuadPart, 0, length);
        file.Disk.AsSpan((int)offset.QuadPart, count).CopyTo(new Span<byte>(buffer, (int)length));
        told->Information = (nuint)count;
        return STATUS_SUCCESS;
    }

    [UnmanagedCallersOnly]
    private static NTSTATUS WriteDisk(
        void* context, LARGE_INTEGER offset, uint length, void* buffer, IO_STATUS_BLOCK* told, void* request)
    {
        var file = Of(context);
        if (file.OnWrite is { } answer) return answer(length, told, request);
        int end = (int)(offset.QuadPart + length);
        if (end > file.Disk.Length) file.Resize(end);
        new ReadOnlySpan<byte>(buffer, (int)length).CopyTo(file.Disk.AsSpan((int)offset.QuadPart));
        return STATUS_SUCCESS;
    }

    [UnmanagedCallersOnly]
    private static NTSTATUS FlushDisk(void* context, void* request) => Of(context).OnFlush?.Invoke() ?? STATUS_SUCCESS;

    [UnmanagedCallersOnly]
    private static NTSTATUS SetDiskLength(void* context, LARGE_INTEGER length, void* request)
    {
        var file = Of(context);
        file.Lengths.Add(length.QuadPart);
        if (file.OnSetLength is { } answer) return answer();
        file.Resize((int)length.QuadPart);
        return STATUS_SUCCESS;
    }

    private void Resize(int length)
    {
        byte[] disk = Disk;
        Array.Resize(ref disk, length);
        Disk = disk;
    }
}
