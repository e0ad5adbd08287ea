using System.Runtime.InteropServices;

namespace Concord.Nt.Native;

// What is declared in ntifs.h.
internal static unsafe partial class EntryPoints
{
    [UnmanagedCallersOnly]
    private static void CcCoherencyFlushAndPurgeCache(
        SECTION_OBJECT_POINTERS* sectionObjectPointer, LARGE_INTEGER* fileOffset, uint length,
        IO_STATUS_BLOCK* ioStatus, uint flags)
    {
        LastError.Clear();
        try
        {
            Ntifs.CcCoherencyFlushAndPurgeCache(sectionObjectPointer, fileOffset, length, ioStatus, flags);

            // What the store said is kept already; a rule that the call broke has no exception.
            bool isTold = Ntifs.NT_SUCCESS(ioStatus->Status) || LastError.Status != NTSTATUS.STATUS_SUCCESS;
            if (!isTold) LastError.Keep(ioStatus->Status, $"CcCoherencyFlushAndPurgeCache: {*ioStatus}");
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            // A broken precondition in checked mode, or no status block: said by ConcordLastError.
            if (ioStatus is not null) *ioStatus = new IO_STATUS_BLOCK { Status = LastError.Status };
        }
    }

    [UnmanagedCallersOnly]
    private static void CcInitializeCacheMap(
        FILE_OBJECT* fileObject, CC_FILE_SIZES* fileSizes, BOOLEAN pinAccess, CACHE_MANAGER_CALLBACKS* callbacks,
        void* lazyWriteContext) =>
        NativeCall.Run(() => Ntifs.CcInitializeCacheMap(fileObject, fileSizes, pinAccess, callbacks, lazyWriteContext));

    [UnmanagedCallersOnly]
    private static BOOLEAN CcUninitializeCacheMap(FILE_OBJECT* fileObject, LARGE_INTEGER* truncateSize,
        CACHE_UNINITIALIZE_EVENT* uninitializeEvent) =>
        NativeCall.Run(() => Ntifs.CcUninitializeCacheMap(fileObject, truncateSize, uninitializeEvent));

    [UnmanagedCallersOnly]
    private static void CcSetFileSizes(FILE_OBJECT* fileObject, CC_FILE_SIZES* fileSizes) =>
        NativeCall.Run(() => Ntifs.CcSetFileSizes(fileObject, fileSizes));

    [UnmanagedCallersOnly]
    private static NTSTATUS CcSetFileSizesEx(FILE_OBJECT* fileObject, CC_FILE_SIZES* fileSizes) =>
        NativeCall.Status(() => Ntifs.CcSetFileSizesEx(fileObject, fileSizes));

    [UnmanagedCallersOnly]
    private static BOOLEAN CcCopyRead(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, void* buffer,
        IO_STATUS_BLOCK* ioStatus) =>
        CopyRead(fileObject, fileOffset, length, wait, buffer, ioStatus, null);

    [UnmanagedCallersOnly]
    private static BOOLEAN CcCopyReadEx(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, void* buffer,
        IO_STATUS_BLOCK* ioStatus, void* ioIssuerThread) =>
        CopyRead(fileObject, fileOffset, length, wait, buffer, ioStatus, ioIssuerThread);

    [UnmanagedCallersOnly]
    private static BOOLEAN CcCopyWrite(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait,
        void* buffer) =>
        CopyWrite(fileObject, fileOffset, length, wait, buffer, null);

    [UnmanagedCallersOnly]
    private static BOOLEAN CcCopyWriteEx(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, void* buffer,
        void* ioIssuerThread) =>
        CopyWrite(fileObject, fileOffset, length, wait, buffer, ioIssuerThread);

    [UnmanagedCallersOnly]
    private static BOOLEAN CcZeroData(FILE_OBJECT* fileObject, LARGE_INTEGER* startOffset, LARGE_INTEGER* endOffset,
        BOOLEAN wait) =>
        NativeCall.Run(() => Ntifs.CcZeroData(fileObject, startOffset, endOffset, wait));

    [UnmanagedCallersOnly]
    private static void CcFlushCache(SECTION_OBJECT_POINTERS* sectionObjectPointer, LARGE_INTEGER* fileOffset,
        uint length, IO_STATUS_BLOCK* ioStatus) =>
        NativeCall.RunTelling(ioStatus, () => Ntifs.CcFlushCache(sectionObjectPointer, fileOffset, length, ioStatus));

    [UnmanagedCallersOnly]
    private static BOOLEAN CcPurgeCacheSection(SECTION_OBJECT_POINTERS* sectionObjectPointer, LARGE_INTEGER* fileOffset,
        uint length, uint flags) =>
        NativeCall.Run(() => Ntifs.CcPurgeCacheSection(sectionObjectPointer, fileOffset, length, flags));

    [UnmanagedCallersOnly]
    private static void CcMdlRead(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, MDL** mdlChain,
        IO_STATUS_BLOCK* ioStatus) =>
        NativeCall.RunTelling(ioStatus, () => Ntifs.CcMdlRead(fileObject, fileOffset, length, mdlChain, ioStatus));

    [UnmanagedCallersOnly]
    private static void CcMdlReadComplete(FILE_OBJECT* fileObject, MDL* mdlChain) =>
        NativeCall.Run(() => Ntifs.CcMdlReadComplete(fileObject, mdlChain));

    [UnmanagedCallersOnly]
    private static void CcPrepareMdlWrite(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length,
        MDL** mdlChain, IO_STATUS_BLOCK* ioStatus) =>
        NativeCall.RunTelling(
            ioStatus, () => Ntifs.CcPrepareMdlWrite(fileObject, fileOffset, length, mdlChain, ioStatus));

    [UnmanagedCallersOnly]
    private static void CcMdlWriteComplete(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, MDL* mdlChain) =>
        NativeCall.Run(() => Ntifs.CcMdlWriteComplete(fileObject, fileOffset, mdlChain));

    [UnmanagedCallersOnly]
    private static void CcMdlWriteAbort(FILE_OBJECT* fileObject, MDL* mdlChain) =>
        NativeCall.Run(() => Ntifs.CcMdlWriteAbort(fileObject, mdlChain));

    [UnmanagedCallersOnly]
    private static BOOLEAN CcMapData(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint flags,
        void** bcb, void** buffer) =>
        NativeCall.Run(() => Ntifs.CcMapData(fileObject, fileOffset, length, flags, bcb, buffer));

    [UnmanagedCallersOnly]
    private static BOOLEAN CcPinRead(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint flags,
        void** bcb, void** buffer) =>
        NativeCall.Run(() => Ntifs.CcPinRead(fileObject, fileOffset, length, flags, bcb, buffer));

    [UnmanagedCallersOnly]
    private static BOOLEAN CcPinMappedData(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint flags,
        void** bcb) =>
        NativeCall.Run(() => Ntifs.CcPinMappedData(fileObject, fileOffset, length, flags, bcb));

    [UnmanagedCallersOnly]
    private static BOOLEAN CcPreparePinWrite(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN zero, uint flags, void** bcb,
        void** buffer) =>
        NativeCall.Run(() => Ntifs.CcPreparePinWrite(fileObject, fileOffset, length, zero, flags, bcb, buffer));

    [UnmanagedCallersOnly]
    private static void CcSetDirtyPinnedData(void* bcbVoid, LARGE_INTEGER* lsn) =>
        NativeCall.Run(() => Ntifs.CcSetDirtyPinnedData(bcbVoid, lsn));

    [UnmanagedCallersOnly]
    private static void CcUnpinData(void* bcb) =>
        NativeCall.Run(() => Ntifs.CcUnpinData(bcb));

    [UnmanagedCallersOnly]
    private static void CcSetLogHandleForFile(
        FILE_OBJECT* fileObject, void* logHandle, delegate* unmanaged<void*, LARGE_INTEGER, void> flushToLsnRoutine) =>
        NativeCall.Run(() => Ntifs.CcSetLogHandleForFile(fileObject, logHandle, flushToLsnRoutine));

    [UnmanagedCallersOnly]
    private static FILE_OBJECT* CcGetFileObjectFromSectionPtrs(SECTION_OBJECT_POINTERS* sectionObjectPointer) =>
        (FILE_OBJECT*)NativeCall.Run(() => (nint)Ntifs.CcGetFileObjectFromSectionPtrs(sectionObjectPointer));

    [UnmanagedCallersOnly]
    private static LARGE_INTEGER CcGetFlushedValidData(SECTION_OBJECT_POINTERS* sectionObjectPointer,
        BOOLEAN bcbListHeld) =>
        NativeCall.Run(() => Ntifs.CcGetFlushedValidData(sectionObjectPointer, bcbListHeld));

    [UnmanagedCallersOnly]
    private static BOOLEAN CcIsThereDirtyData(void* vpb) =>
        NativeCall.Run(() => Ntifs.CcIsThereDirtyData(vpb));

    [UnmanagedCallersOnly]
    private static BOOLEAN CcIsThereDirtyDataEx(void* vpb, uint* numberOfDirtyPages) =>
        NativeCall.Run(() => Ntifs.CcIsThereDirtyDataEx(vpb, numberOfDirtyPages));

    [UnmanagedCallersOnly]
    private static BOOLEAN MmCanFileBeTruncated(SECTION_OBJECT_POINTERS* sectionPointer, LARGE_INTEGER* newFileSize) =>
        NativeCall.Run(() => Ntifs.MmCanFileBeTruncated(sectionPointer, newFileSize));

    [UnmanagedCallersOnly]
    private static uint MmDoesFileHaveUserWritableReferences(SECTION_OBJECT_POINTERS* sectionPointer) =>
        NativeCall.Run(() => Ntifs.MmDoesFileHaveUserWritableReferences(sectionPointer));

    [UnmanagedCallersOnly]
    private static BOOLEAN MmFlushImageSection(SECTION_OBJECT_POINTERS* sectionPointer, MMFLUSH_TYPE flushType) =>
        NativeCall.Run(() => Ntifs.MmFlushImageSection(sectionPointer, flushType));

    [UnmanagedCallersOnly]
    private static BOOLEAN MmForceSectionClosed(SECTION_OBJECT_POINTERS* sectionObjectPointer, BOOLEAN delayClose) =>
        NativeCall.Run(() => Ntifs.MmForceSectionClosed(sectionObjectPointer, delayClose));

    // The copies allocate nothing, so these two do not either.
    private static BOOLEAN CopyRead(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, void* buffer,
        IO_STATUS_BLOCK* ioStatus, void* ioIssuerThread)
    {
        LastError.Clear();
        try
        {
            return Ntifs.CcCopyReadEx(fileObject, fileOffset, length, wait, buffer, ioStatus, ioIssuerThread);
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            if (ioStatus is not null) *ioStatus = new IO_STATUS_BLOCK { Status = LastError.Status };
            return false;
        }
    }

    private static BOOLEAN CopyWrite(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, void* buffer,
        void* ioIssuerThread)
    {
        LastError.Clear();
        try
        {
            return Ntifs.CcCopyWriteEx(fileObject, fileOffset, length, wait, buffer, ioIssuerThread);
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            return false;
        }
    }
}
