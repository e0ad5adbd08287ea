using Concord.Nt.Native;

namespace Concord.Nt;

// What file systems leave to the library: reads and writes of cached streams, by the control block's lock and sizes.
public static unsafe partial class Ntifs
{
    /// <summary>
    /// The most bytes between the valid data and a write that <see cref="FsRtlCopyWrite"/> fills itself.
    /// </summary>
    private const long FastGapMax = 0x2000;

    /// <summary>The offset that stands for the end of the stream.</summary>
    private const long EndOfStream = -1;

    /// <summary>
    /// Says that the thread enters a file system and is about to take locks. Counts. (NT: FsRtlEnterFileSystem.) Does
    /// not block.
    /// </summary>
    public static void FsRtlEnterFileSystem() => CriticalRegion.Enter();

    /// <summary>Ends the latest <see cref="FsRtlEnterFileSystem"/> of the thread. Does not block.</summary>
    /// <exception cref="NtPreconditionException">
    /// The thread is in none and <see cref="NtChecks.IsEnabled"/>. Nothing changed; without checks the call is ignored.
    /// </exception>
    public static void FsRtlExitFileSystem() => Ntddk.LeaveCriticalRegion(nameof(FsRtlExitFileSystem));

    /// <summary>
    /// Reads a cached stream under the shared main resource of its control block, as far as the control block's file
    /// size. (NT: FsRtlCopyRead.)
    /// </summary>
    /// <param name="FileObject">A handle whose <see cref="FILE_OBJECT.FsContext"/> is the control block.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes.</param>
    /// <param name="Wait">Whether the routine may block.</param>
    /// <param name="LockKey">Ignored: there are no byte-range locks here.</param>
    /// <param name="Buffer">Where they go.</param>
    /// <param name="IoStatus">
    /// Receives, with TRUE, STATUS_SUCCESS and the number of bytes, or STATUS_END_OF_FILE and 0 from the end on; with
    /// FALSE, why it failed, and 0, if it did. It is as before where FALSE has no such reason.
    /// </param>
    /// <param name="DeviceObject">Ignored.</param>
    /// <returns>
    /// TRUE when it is done. FALSE when the file system has to do it: caching is not initialised for the handle, fast
    /// I/O is not possible or questionable, it would have to block, or reading failed.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was done. No other exception.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Thread safe. Moves <see cref="FILE_OBJECT.CurrentByteOffset"/> to the end of
    /// what was read.</remarks>
    public static BOOLEAN FsRtlCopyRead(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, BOOLEAN Wait, uint LockKey, void* Buffer,
        IO_STATUS_BLOCK* IoStatus, void* DeviceObject)
    {
        const string Routine = nameof(FsRtlCopyRead);
        return FastIo(
            IoStatus,
            () =>
            {
                RequireFastIo(Routine, FileObject, FileOffset, IoStatus);
                if (Length == 0) return IsDone(IoStatus, NTSTATUS.STATUS_SUCCESS, 0);
                return UnderResource(FileObject, ResourceAccess.Shared, Wait, () =>
                {
                    var offset = *FileOffset;
                    uint length = ClipToFile(FileObject, offset.QuadPart, Length);
                    if (length == 0) return IsDone(IoStatus, NTSTATUS.STATUS_END_OF_FILE, 0);
                    IO_STATUS_BLOCK result;
                    if (!CcCopyRead(FileObject, &offset, length, Wait, Buffer, &result)) return false;
                    FileObject->CurrentByteOffset.QuadPart = offset.QuadPart + (long)result.Information;
                    FileObject->Flags |= FILE_OBJECT.FO_FILE_FAST_IO_READ;
                    *IoStatus = result;
                    return true;
                });
            });
    }

    /// <summary>
    /// Writes a cached stream under the main resource of its control block: shared inside the valid data, alone where
    /// the stream or its valid data grow. (NT: FsRtlCopyWrite.)
    /// </summary>
    /// <param name="FileObject">A handle whose <see cref="FILE_OBJECT.FsContext"/> is the control block.</param>
    /// <param name="FileOffset">The first byte; -1 means the end of the stream.</param>
    /// <param name="Length">Bytes.</param>
    /// <param name="Wait">Whether the routine may block.</param>
    /// <param name="LockKey">Ignored: there are no byte-range locks here.</param>
    /// <param name="Buffer">The bytes.</param>
    /// <param name="IoStatus">
    /// Receives, with TRUE, STATUS_SUCCESS and the number of bytes; with FALSE as <see cref="FsRtlCopyRead"/>.
    /// </param>
    /// <param name="DeviceObject">Ignored.</param>
    /// <returns>
    /// TRUE when it is done. FALSE when the file system has to do it: as for <see cref="FsRtlCopyRead"/>, and for a
    /// handle that is write-through, a write that is not small (<see cref="CcCopyWriteWontFlush"/>), one that ends
    /// behind the allocation size, or one that begins more than 8 KiB behind the valid data, or behind it where a view
    /// may have written. The sizes are as before then.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was done. No other exception.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Thread safe. Raises the control block's file size and valid data length, which the cache
    /// is told, fills a gap behind the valid data with zeros, and marks the file object as modified.
    /// </remarks>
    public static BOOLEAN FsRtlCopyWrite(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, BOOLEAN Wait, uint LockKey, void* Buffer,
        IO_STATUS_BLOCK* IoStatus, void* DeviceObject)
    {
        const string Routine = nameof(FsRtlCopyWrite);
        return FastIo(
            IoStatus,
            () =>
            {
                RequireFastIo(Routine, FileObject, FileOffset, IoStatus);
                if (Length == 0) return IsDone(IoStatus, NTSTATUS.STATUS_SUCCESS, 0);
                if (!CcCopyWriteWontFlush(FileObject, FileOffset, Length)) return false;
                return Growing(FileObject, FileOffset->QuadPart, Length, Wait, offset =>
                {
                    var start = new LARGE_INTEGER { QuadPart = offset };
                    if (!CcCopyWrite(FileObject, &start, Length, Wait, Buffer)) return false;
                    FileObject->CurrentByteOffset.QuadPart = offset + Length;
                    return IsDone(IoStatus, NTSTATUS.STATUS_SUCCESS, Length);
                });
            });
    }

    /// <summary>
    /// Locks bytes of a cached stream for reading, as <see cref="FsRtlCopyRead"/> reads. (NT: FsRtlMdlRead.)
    /// </summary>
    /// <param name="FileObject">A handle whose <see cref="FILE_OBJECT.FsContext"/> is the control block.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes.</param>
    /// <param name="LockKey">Ignored.</param>
    /// <param name="MdlChain">
    /// Receives the chain, for <see cref="FsRtlMdlReadComplete"/>; null if there is none.
    /// </param>
    /// <param name="IoStatus">As <see cref="FsRtlCopyRead"/>.</param>
    /// <returns>As <see cref="FsRtlCopyRead"/>.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing is locked. No other exception.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Blocks. Thread safe.</remarks>
    public static BOOLEAN FsRtlMdlRead(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, uint LockKey, MDL** MdlChain,
        IO_STATUS_BLOCK* IoStatus)
    {
        const string Routine = nameof(FsRtlMdlRead);
        if (MdlChain is not null) *MdlChain = null;
        return FastIo(
            IoStatus,
            () =>
            {
                RequireFastIo(Routine, FileObject, FileOffset, IoStatus);
                NtCall.RequirePointer(Routine, MdlChain, "MdlChain");
                if (Length == 0) return IsDone(IoStatus, NTSTATUS.STATUS_SUCCESS, 0);
                return UnderResource(FileObject, ResourceAccess.Shared, waits: true, () =>
                {
                    var offset = *FileOffset;
                    uint length = ClipToFile(FileObject, offset.QuadPart, Length);
                    if (length == 0) return IsDone(IoStatus, NTSTATUS.STATUS_END_OF_FILE, 0);
                    CcMdlRead(FileObject, &offset, length, MdlChain, IoStatus);
                    FileObject->Flags |= FILE_OBJECT.FO_FILE_FAST_IO_READ;
                    return true;
                });
            });
    }

    /// <summary>As <see cref="CcMdlReadComplete"/>. (NT: FsRtlMdlReadComplete.) Does not block.</summary>
    /// <param name="FileObject">The handle.</param>
    /// <param name="MdlChain">The whole chain; void afterwards.</param>
    /// <returns>TRUE; FALSE when it is no such chain, and nothing changed.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed. No other exception.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL.</remarks>
    public static BOOLEAN FsRtlMdlReadComplete(FILE_OBJECT* FileObject, MDL* MdlChain) => NtCall.Returning<BOOLEAN>(
        () => EndMdls(nameof(FsRtlMdlReadComplete), FileObject, MdlChain, forWriting: false, publishes: true),
        static _ => false);

    /// <summary>
    /// Locks memory for bytes of a cached stream that are to be overwritten, as <see cref="FsRtlCopyWrite"/> writes.
    /// (NT: FsRtlPrepareMdlWrite.)
    /// </summary>
    /// <param name="FileObject">A handle whose <see cref="FILE_OBJECT.FsContext"/> is the control block.</param>
    /// <param name="FileOffset">The first byte; -1 means the end of the stream.</param>
    /// <param name="Length">Bytes.</param>
    /// <param name="LockKey">Ignored.</param>
    /// <param name="MdlChain">
    /// Receives the chain, for <see cref="FsRtlMdlWriteComplete"/>; null if there is none.
    /// </param>
    /// <param name="IoStatus">As <see cref="FsRtlCopyWrite"/>.</param>
    /// <returns>As <see cref="FsRtlCopyWrite"/>.</returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing is locked. No other exception.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Blocks. Thread safe.</remarks>
    public static BOOLEAN FsRtlPrepareMdlWrite(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, uint LockKey, MDL** MdlChain,
        IO_STATUS_BLOCK* IoStatus)
    {
        const string Routine = nameof(FsRtlPrepareMdlWrite);
        if (MdlChain is not null) *MdlChain = null;
        return FastIo(
            IoStatus,
            () =>
            {
                RequireFastIo(Routine, FileObject, FileOffset, IoStatus);
                NtCall.RequirePointer(Routine, MdlChain, "MdlChain");
                if (Length == 0) return IsDone(IoStatus, NTSTATUS.STATUS_SUCCESS, 0);
                return Growing(FileObject, FileOffset->QuadPart, Length, waits: true, offset =>
                {
                    var start = new LARGE_INTEGER { QuadPart = offset };
                    CcPrepareMdlWrite(FileObject, &start, Length, MdlChain, IoStatus);
                    return true;
                });
            });
    }

    /// <summary>As <see cref="CcMdlWriteComplete"/>. (NT: FsRtlMdlWriteComplete.)</summary>
    /// <param name="FileObject">The handle.</param>
    /// <param name="FileOffset">As for <see cref="CcMdlWriteComplete"/>.</param>
    /// <param name="MdlChain">The whole chain; void afterwards, with TRUE.</param>
    /// <returns>
    /// TRUE; FALSE when it is no such chain, or writing through failed: then the chain is still the caller's, to be
    /// completed once more or aborted.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed. No other exception.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL. Blocks if the handle is write-through.</remarks>
    public static BOOLEAN FsRtlMdlWriteComplete(FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, MDL* MdlChain) =>
        NtCall.Returning<BOOLEAN>(
            () =>
            {
                CheckOffset(nameof(FsRtlMdlWriteComplete), FileOffset, MdlChain);
                return EndMdls(nameof(FsRtlMdlWriteComplete), FileObject, MdlChain, forWriting: true, publishes: true);
            },
            static _ => false);

    /// <summary>
    /// Runs the body of a fast call. What it raises is FALSE, told in the status block, and kept for C.
    /// </summary>
    private static BOOLEAN FastIo(IO_STATUS_BLOCK* ioStatus, Func<BOOLEAN> body)
    {
        try
        {
            return body();
        }
        catch (Exception error)
        {
            if (ioStatus is not null) _ = IsDone(ioStatus, NativeStatus.Of(error), 0);
            if (!NtCall.IsForC(error)) throw;
            return false;
        }
    }

    private static void RequireFastIo(
        string routine, FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, IO_STATUS_BLOCK* ioStatus)
    {
        NtCall.RequireLevel(routine, Irql.ApcLevel);
        _ = NtCall.Handle(routine, fileObject);
        NtCall.RequirePointer(routine, fileOffset, "FileOffset");
        NtCall.RequirePointer(routine, ioStatus, "IoStatus");
    }

    private static bool IsDone(IO_STATUS_BLOCK* ioStatus, NTSTATUS status, uint information)
    {
        *ioStatus = new IO_STATUS_BLOCK { Status = status, Information = information };
        return true;
    }

    /// <summary>
    /// The control block of a handle that may be read and written without asking the file system, or null.
    /// </summary>
    private static FSRTL_COMMON_FCB_HEADER* FastHeader(FILE_OBJECT* fileObject)
    {
        var header = (FSRTL_COMMON_FCB_HEADER*)fileObject->FsContext;
        bool isFast = fileObject->PrivateCacheMap is not null && header is not null && header->Resource is not null
            && header->IsFastIoPossible == (byte)FAST_IO_POSSIBLE.FastIoIsPossible;
        return isFast ? header : null;
    }

    private static bool UnderResource(FILE_OBJECT* fileObject, ResourceAccess access, bool waits, Func<bool> body)
    {
        var header = FastHeader(fileObject);
        if (header is null) return false;
        var resource = header->Resource;
        CriticalRegion.Enter();
        try
        {
            if (!Ntddk.Acquire(nameof(FsRtlCopyRead), resource, waits, access)) return false;
            try
            {
                // The file system changes what is possible with the resource alone.
                return FastHeader(fileObject) is not null && body();
            }
            finally
            {
                Ntddk.ExReleaseResourceLite(resource);
            }
        }
        finally
        {
            _ = CriticalRegion.TryLeave();
        }
    }

    private static uint ClipToFile(FILE_OBJECT* fileObject, long offset, uint length) => offset < 0
        ? throw NtCall.Broken(nameof(FsRtlCopyRead), NTSTATUS.STATUS_INVALID_PARAMETER, "FileOffset is negative")
        : (uint)Math.Clamp(
            ((FSRTL_COMMON_FCB_HEADER*)fileObject->FsContext)->FileSize.QuadPart - offset, 0, (long)length);

    /// <summary>A write that may make the stream, or its valid data, longer.</summary>
    private static bool Growing(FILE_OBJECT* fileObject, long offset, uint length, bool waits, Func<long, bool> write)
    {
        var header = FastHeader(fileObject);
        if (header is null || (fileObject->Flags & FILE_OBJECT.FO_WRITE_THROUGH) != 0) return false;
        if (offset < EndOfStream || offset > long.MaxValue - length) return false;
        bool grows = offset == EndOfStream || offset + length > header->ValidDataLength.QuadPart;
        return UnderResource(
            fileObject, grows ? ResourceAccess.Exclusive : ResourceAccess.Shared, waits,
            () => WriteGrowing(fileObject, header, offset, length, waits, mayGrow: grows, write));
    }

    private static bool WriteGrowing(
        FILE_OBJECT* fileObject, FSRTL_COMMON_FCB_HEADER* header, long offset, uint length, bool waits, bool mayGrow,
        Func<long, bool> write)
    {
        var (fileSize, valid) = (header->FileSize, header->ValidDataLength);
        if (offset == EndOfStream) offset = fileSize.QuadPart;
        long end = offset + length;
        bool isLeft = end > header->AllocationSize.QuadPart || offset - valid.QuadPart > FastGapMax
            || (!mayGrow && end > valid.QuadPart)
            || (offset > valid.QuadPart && MayHaveViewedBehind(fileObject, valid.QuadPart));
        if (isLeft) return false;
        bool isWritten = false;
        try
        {
            if (end > fileSize.QuadPart)
            {
                header->FileSize.QuadPart = end;
                TellSizes(fileObject, header);
            }

            if (offset > valid.QuadPart)
            {
                var from = valid;
                var to = new LARGE_INTEGER { QuadPart = offset };
                if (!CcZeroData(fileObject, &from, &to, waits)) return false;
            }

            isWritten = write(offset);
            if (!isWritten) return false;
            header->ValidDataLength.QuadPart = Math.Max(valid.QuadPart, end);
            fileObject->Flags |= FILE_OBJECT.FO_FILE_MODIFIED;
            if (end > fileSize.QuadPart) fileObject->Flags |= FILE_OBJECT.FO_FILE_SIZE_CHANGED;
            return true;
        }
        finally
        {
            if (!isWritten && end > fileSize.QuadPart)
            {
                header->FileSize = fileSize;
                TellSizes(fileObject, header);
            }
        }
    }

    /// <summary>
    /// Whether a view may have written behind the header's valid data, which is no gap to be filled with zeros then.
    /// </summary>
    private static bool MayHaveViewedBehind(FILE_OBJECT* fileObject, long valid)
    {
        var state = NtCall.Handle(nameof(FsRtlCopyWrite), fileObject).Stream.State;
        return state.Sharers.WritableViews > 0 || state.Sizes.ValidLength > valid;
    }

    private static void TellSizes(FILE_OBJECT* fileObject, FSRTL_COMMON_FCB_HEADER* header)
    {
        var sizes = new CC_FILE_SIZES
        {
            AllocationSize = header->AllocationSize,
            FileSize = header->FileSize,
            ValidDataLength = header->ValidDataLength,
        };
        CcSetFileSizes(fileObject, &sizes);
    }
}
