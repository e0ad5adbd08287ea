using Concord;
using Concord.Nt;
using static Concord.Nt.Ntifs;
using static Concord.Nt.NTSTATUS;

namespace ReferenceFileSystem;

/// <summary>An open handle: cached, or past the cache and coherent with it all the same.</summary>
public sealed unsafe class FileHandle : IDisposable
{
    private readonly FileControlBlock _fcb;
    private readonly CachedFile _file;
    private readonly bool _isCached;

    internal FileHandle(FileControlBlock fcb, CachedFile file, nint volume, bool isCached, bool isWriteThrough)
    {
        _fcb = fcb;
        _file = file;
        _isCached = isCached;
        Nt = NtFile.From(file);
        Nt.FileObject->Vpb = (void*)volume;
        if (isWriteThrough) Nt.FileObject->Flags |= FILE_OBJECT.FO_WRITE_THROUGH;
    }

    /// <summary>The file object, and the file's main resource.</summary>
    public NtFile Nt { get; }

    public long Length => _file.Length;

    /// <summary>Reads bytes; <paramref name="count"/> says how many there were.</summary>
    public NTSTATUS Read(long offset, Memory<byte> buffer, out int count)
    {
        count = 0;
        return _isCached ? ReadCached(offset, buffer.Span, out count) : ReadNonCached(offset, buffer, out count);
    }

    /// <summary>Writes bytes.</summary>
    public NTSTATUS Write(long offset, ReadOnlyMemory<byte> bytes) =>
        _isCached ? WriteCached(offset, bytes.Span) : WriteNonCached(offset, bytes);

    /// <summary>Writes back what is cached of the file.</summary>
    public NTSTATUS Flush()
    {
        IO_STATUS_BLOCK status;
        CcFlushCache(Nt.SectionObjectPointer, null, 0, &status);
        return status.Status;
    }

    /// <summary>Shows the file's bytes at an address, as a program does that maps it.</summary>
    public MappedView MapView() => _file.MapView(new ByteRange(0, Length));

    /// <summary>Changes the file's length.</summary>
    public NTSTATUS SetEndOfFile(long length)
    {
        Nt.AcquireExclusive();
        try
        {
            // A scanner can map the file after the question below, so it is not even asked.
            if (_fcb.IsPurgeFailureMode) return STATUS_PURGE_FAILED;
            var size = new LARGE_INTEGER { QuadPart = length };
            if (length < Length && !MmCanFileBeTruncated(Nt.SectionObjectPointer, &size))
                return STATUS_USER_MAPPED_FILE;
            InitializeCaching();
            var sizes = Sizes(length);
            return CcSetFileSizesEx(Nt.FileObject, &sizes);
        }
        finally
        {
            Nt.Release();
        }
    }

    /// <summary>Asks to be told of copies that cannot be dropped, or no more.</summary>
    public NTSTATUS SetPurgeFailureMode(bool on)
    {
        Nt.AcquireExclusive();
        try
        {
            return _fcb.CountPurgeFailureMode(on);
        }
        finally
        {
            Nt.Release();
        }
    }

    /// <summary>Cleanup and close: what is dirty is written back, by the lazy writer or with the last handle.</summary>
    public void Dispose()
    {
        _ = CcUninitializeCacheMap(Nt.FileObject, null, null);
        Nt.Dispose();
        _file.Dispose();
    }

    private NTSTATUS ReadCached(long offset, Span<byte> buffer, out int count)
    {
        IO_STATUS_BLOCK status = default;
        var start = new LARGE_INTEGER { QuadPart = offset };
        Nt.AcquireShared();
        try
        {
            InitializeCaching();
            uint length = (uint)Math.Clamp(Length - offset, 0, buffer.Length);
            fixed (byte* bytes = buffer)
                _ = length == 0 || CcCopyRead(Nt.FileObject, &start, length, true, bytes, &status);
        }
        catch (NtStatusException raised)
        {
            status.Status = raised.Status;
        }
        finally
        {
            Nt.Release();
        }

        count = (int)status.Information;
        return status.Status;
    }

    private NTSTATUS WriteCached(long offset, ReadOnlySpan<byte> buffer)
    {
        var start = new LARGE_INTEGER { QuadPart = offset };
        Nt.AcquireExclusive();
        try
        {
            InitializeCaching();
            fixed (byte* bytes = buffer) _ = CcCopyWrite(Nt.FileObject, &start, (uint)buffer.Length, true, bytes);
            return STATUS_SUCCESS;
        }
        catch (NtStatusException raised)
        {
            return raised.Status;
        }
        finally
        {
            Nt.Release();
        }
    }

    /// <summary>
    /// What others wrote into the cache is brought to the device first, so that the device is not read while newer
    /// bytes lie in memory.
    /// </summary>
    private NTSTATUS ReadNonCached(long offset, Memory<byte> buffer, out int count)
    {
        count = 0;
        if (offset < 0) return STATUS_INVALID_PARAMETER;
        if (Nt.SectionObjectPointer->DataSectionObject is not null)
        {
            var status = FlushAndPurge(offset, buffer.Length, CC_FLUSH_AND_PURGE_NO_PURGE).Status;
            if (!NT_SUCCESS(status)) return status;
        }

        // A writer past the cache has the file alone until the device has answered, so this never meets half a write.
        Nt.AcquireShared();
        try
        {
            count = _fcb.Device.Read(offset, buffer[..(int)Math.Clamp(Length - offset, 0, buffer.Length)]);
            return STATUS_SUCCESS;
        }
        catch (IOException)
        {
            return STATUS_UNEXPECTED_IO_ERROR;
        }
        finally
        {
            Nt.Release();
        }
    }

    /// <summary>
    /// The cache gives up its copies before the device gets new bytes, and nobody brings the old ones in again until it
    /// has them. Where a copy could not be dropped the write goes on, unless somebody has asked to be told.
    /// </summary>
    private NTSTATUS WriteNonCached(long offset, ReadOnlyMemory<byte> bytes)
    {
        if (offset < 0) return STATUS_INVALID_PARAMETER;
        if (bytes.IsEmpty) return STATUS_SUCCESS;
        Nt.AcquireExclusive();
        try
        {
            var status = FlushAndPurge(offset, bytes.Length, 0);
            if (status.Outcome != CoherencyOutcome.Done && _fcb.IsPurgeFailureMode) return STATUS_PURGE_FAILED;
            if (status.Outcome == CoherencyOutcome.Failed) return status.Status;

            // Paging I/O is kept out to the end of the device's write; what stayed in memory gets the new bytes then.
            using (((ExclusiveHold)Nt.Held).Suspend(new ByteRange(offset, bytes.Length)))
                _fcb.Device.Write(offset, [bytes]);
            var sizes = Sizes(Length);
            return CcSetFileSizesEx(Nt.FileObject, &sizes);
        }
        catch (IOException)
        {
            return STATUS_UNEXPECTED_IO_ERROR;
        }
        finally
        {
            Nt.Release();
        }
    }

    private IO_STATUS_BLOCK FlushAndPurge(long offset, int length, uint flags)
    {
        IO_STATUS_BLOCK status;
        var start = new LARGE_INTEGER { QuadPart = offset };
        Nt.AcquireExclusive();
        CcCoherencyFlushAndPurgeCache(Nt.SectionObjectPointer, &start, (uint)length, &status, flags);
        Nt.Release();
        return status;
    }

    /// <summary>Caching begins with the first cached call of a handle.</summary>
    private void InitializeCaching()
    {
        if (Nt.FileObject->PrivateCacheMap is not null) return;
        var sizes = Sizes(Length);
        CcInitializeCacheMap(Nt.FileObject, &sizes, false, null, null);
    }

    private static CC_FILE_SIZES Sizes(long length) => new()
    {
        AllocationSize = new LARGE_INTEGER { QuadPart = length },
        FileSize = new LARGE_INTEGER { QuadPart = length },
        ValidDataLength = new LARGE_INTEGER { QuadPart = long.MaxValue },
    };
}
