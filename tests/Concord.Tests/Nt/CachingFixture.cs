using Concord.Nt;
using Concord.Tests.Caching;
using static Concord.Nt.Ntifs;

namespace Concord.Tests.Nt;

/// <summary>
/// A file over a scripted store whose caching is initialised through its NT handle, as a file system has it.
/// </summary>
internal sealed unsafe class CachingFixture : IDisposable
{
    internal CachingFixture(int pages, int capacityPages = 64, byte fill = 1, bool initialises = true)
    {
        Inner = new CoherencyFixture(pages, capacityPages, fill);
        if (initialises) Initialize(Nt);
    }

    internal CoherencyFixture Inner { get; }

    internal ScriptedStore Store => Inner.Store;

    internal CachedFile File => Inner.File;

    internal NtFile Nt => Inner.Nt;

    internal FILE_OBJECT* Object => Nt.FileObject;

    internal SECTION_OBJECT_POINTERS* Pointers => Nt.SectionObjectPointer;

    internal static CC_FILE_SIZES Sizes(long length, long? valid = null, long? allocation = null) => new()
    {
        AllocationSize = new LARGE_INTEGER { QuadPart = allocation ?? length },
        FileSize = new LARGE_INTEGER { QuadPart = length },
        ValidDataLength = new LARGE_INTEGER { QuadPart = valid ?? length },
    };

    internal void Initialize(NtFile handle)
    {
        var sizes = Sizes(File.Length);
        CcInitializeCacheMap(handle.FileObject, &sizes, true, null, null);
    }

    internal static bool Uninitialize(NtFile handle) => CcUninitializeCacheMap(handle.FileObject, null, null);

    internal void SetSizes(long length, long? valid = null, long? allocation = null)
    {
        var sizes = Sizes(length, valid, allocation);
        CcSetFileSizes(Object, &sizes);
    }

    internal bool Write(long offset, byte[] bytes, bool wait = true)
    {
        var start = new LARGE_INTEGER { QuadPart = offset };
        fixed (byte* buffer = bytes) return CcCopyWrite(Object, &start, (uint)bytes.Length, wait, buffer);
    }

    /// <summary>Reads, or returns null where the routine says FALSE.</summary>
    internal byte[]? Read(long offset, int length, bool wait = true)
    {
        byte[] bytes = new byte[length];
        var start = new LARGE_INTEGER { QuadPart = offset };
        IO_STATUS_BLOCK status;
        fixed (byte* buffer = bytes)
        {
            if (!CcCopyRead(Object, &start, (uint)length, wait, buffer, &status)) return null;
        }

        Assert.Equal(NTSTATUS.STATUS_SUCCESS, status.Status);
        return bytes[..(int)status.Information];
    }

    internal IO_STATUS_BLOCK Flush(ByteRange range)
    {
        var start = new LARGE_INTEGER { QuadPart = range.Offset };
        var status = new IO_STATUS_BLOCK { Status = new NTSTATUS(0xDEADBEEF), Information = 0xDEAD };
        CcFlushCache(Pointers, &start, (uint)range.Length, &status);
        return status;
    }

    internal IO_STATUS_BLOCK FlushAll()
    {
        IO_STATUS_BLOCK status;
        CcFlushCache(Pointers, null, 7, &status);
        return status;
    }

    /// <summary>The purge with the file acquired, of a range or of everything.</summary>
    internal bool Purge(long? offset = null, uint length = 0, uint flags = 0)
    {
        Nt.AcquireExclusive();
        try
        {
            var start = new LARGE_INTEGER { QuadPart = offset ?? 0 };
            return CcPurgeCacheSection(Pointers, offset is null ? null : &start, length, flags);
        }
        finally
        {
            Nt.Release();
        }
    }

    /// <summary>Pins, or returns null where the routine says FALSE.</summary>
    internal Held? Pin(ByteRange range, uint flags)
    {
        void* bcb, buffer;
        var start = new LARGE_INTEGER { QuadPart = range.Offset };
        return CcPinRead(Object, &start, (uint)range.Length, flags, &bcb, &buffer) ? new Held(bcb, buffer) : null;
    }

    /// <summary>Maps, or returns null where the routine says FALSE.</summary>
    internal Held? Map(ByteRange range, uint flags = MAP_WAIT)
    {
        void* bcb, buffer;
        var start = new LARGE_INTEGER { QuadPart = range.Offset };
        return CcMapData(Object, &start, (uint)range.Length, flags, &bcb, &buffer) ? new Held(bcb, buffer) : null;
    }

    /// <summary>What a mapping or a pin gave.</summary>
    internal readonly struct Held(void* bcb, void* buffer)
    {
        internal void* Bcb { get; } = bcb;

        internal void* Buffer { get; } = buffer;

        internal void Deconstruct(out void* bcb, out void* buffer)
        {
            bcb = Bcb;
            buffer = Buffer;
        }
    }

    public void Dispose()
    {
        Store.Fails = static _ => null;
        foreach (var handle in NtStream.Of(Pointers)!.CachedHandles)
            _ = CcUninitializeCacheMap(handle.Object, null, null);
        Inner.Dispose();
    }
}
