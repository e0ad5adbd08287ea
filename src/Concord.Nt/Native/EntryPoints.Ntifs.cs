using System.Runtime.InteropServices;

namespace Concord.Nt.Native;

// What is declared in ntifs.h.
internal static unsafe partial class EntryPoints
{
    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcCoherencyFlushAndPurgeCache")]
    private static void CcCoherencyFlushAndPurgeCache(
        SECTION_OBJECT_POINTERS* sectionObjectPointer, LARGE_INTEGER* fileOffset, uint length,
        IO_STATUS_BLOCK* ioStatus, uint flags)
    {
        LastError.Clear();
        try
        {
            Ntifs.CcCoherencyFlushAndPurgeCache(sectionObjectPointer, fileOffset, length, ioStatus, flags);
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            // A broken precondition in checked mode, or no status block: said by ConcordLastError.
            if (ioStatus is not null) *ioStatus = new IO_STATUS_BLOCK { Status = LastError.Status };
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcInitializeCacheMap")]
    private static void CcInitializeCacheMap(
        FILE_OBJECT* fileObject, CC_FILE_SIZES* fileSizes, BOOLEAN pinAccess, CACHE_MANAGER_CALLBACKS* callbacks,
        void* lazyWriteContext) =>
        NativeCall.Run(() => Ntifs.CcInitializeCacheMap(fileObject, fileSizes, pinAccess, callbacks, lazyWriteContext));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcUninitializeCacheMap")]
    private static BOOLEAN CcUninitializeCacheMap(FILE_OBJECT* fileObject, LARGE_INTEGER* truncateSize,
        CACHE_UNINITIALIZE_EVENT* uninitializeEvent) =>
        NativeCall.Run(() => Ntifs.CcUninitializeCacheMap(fileObject, truncateSize, uninitializeEvent));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcSetFileSizes")]
    private static void CcSetFileSizes(FILE_OBJECT* fileObject, CC_FILE_SIZES* fileSizes) =>
        NativeCall.Run(() => Ntifs.CcSetFileSizes(fileObject, fileSizes));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcSetFileSizesEx")]
    private static NTSTATUS CcSetFileSizesEx(FILE_OBJECT* fileObject, CC_FILE_SIZES* fileSizes) =>
        NativeCall.Status(() => Ntifs.CcSetFileSizesEx(fileObject, fileSizes));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcCopyRead")]
    private static BOOLEAN CcCopyRead(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, void* buffer,
        IO_STATUS_BLOCK* ioStatus) =>
        CopyRead(fileObject, fileOffset, length, wait, buffer, ioStatus, null);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcCopyReadEx")]
    private static BOOLEAN CcCopyReadEx(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, void* buffer,
        IO_STATUS_BLOCK* ioStatus, void* ioIssuerThread) =>
        CopyRead(fileObject, fileOffset, length, wait, buffer, ioStatus, ioIssuerThread);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcCopyWrite")]
    private static BOOLEAN CcCopyWrite(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait,
        void* buffer) =>
        CopyWrite(fileObject, fileOffset, length, wait, buffer, null);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcCopyWriteEx")]
    private static BOOLEAN CcCopyWriteEx(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, void* buffer,
        void* ioIssuerThread) =>
        CopyWrite(fileObject, fileOffset, length, wait, buffer, ioIssuerThread);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcZeroData")]
    private static BOOLEAN CcZeroData(FILE_OBJECT* fileObject, LARGE_INTEGER* startOffset, LARGE_INTEGER* endOffset,
        BOOLEAN wait) =>
        NativeCall.Run(() => Ntifs.CcZeroData(fileObject, startOffset, endOffset, wait));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcFlushCache")]
    private static void CcFlushCache(SECTION_OBJECT_POINTERS* sectionObjectPointer, LARGE_INTEGER* fileOffset,
        uint length, IO_STATUS_BLOCK* ioStatus) =>
        NativeCall.RunTelling(ioStatus, () => Ntifs.CcFlushCache(sectionObjectPointer, fileOffset, length, ioStatus));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcPurgeCacheSection")]
    private static BOOLEAN CcPurgeCacheSection(SECTION_OBJECT_POINTERS* sectionObjectPointer, LARGE_INTEGER* fileOffset,
        uint length, uint flags) =>
        NativeCall.Run(() => Ntifs.CcPurgeCacheSection(sectionObjectPointer, fileOffset, length, flags));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcMdlRead")]
    private static void CcMdlRead(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, MDL** mdlChain,
        IO_STATUS_BLOCK* ioStatus) =>
        NativeCall.RunTelling(ioStatus, () => Ntifs.CcMdlRead(fileObject, fileOffset, length, mdlChain, ioStatus));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcMdlReadComplete")]
    private static void CcMdlReadComplete(FILE_OBJECT* fileObject, MDL* mdlChain) =>
        NativeCall.Run(() => Ntifs.CcMdlReadComplete(fileObject, mdlChain));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcPrepareMdlWrite")]
    private static void CcPrepareMdlWrite(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length,
        MDL** mdlChain, IO_STATUS_BLOCK* ioStatus) =>
        NativeCall.RunTelling(
            ioStatus, () => Ntifs.CcPrepareMdlWrite(fileObject, fileOffset, length, mdlChain, ioStatus));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcMdlWriteComplete")]
    private static void CcMdlWriteComplete(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, MDL* mdlChain) =>
        NativeCall.Run(() => Ntifs.CcMdlWriteComplete(fileObject, fileOffset, mdlChain));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcMdlWriteAbort")]
    private static void CcMdlWriteAbort(FILE_OBJECT* fileObject, MDL* mdlChain) =>
        NativeCall.Run(() => Ntifs.CcMdlWriteAbort(fileObject, mdlChain));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcMapData")]
    private static BOOLEAN CcMapData(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint flags,
        void** bcb, void** buffer) =>
        NativeCall.Run(() => Ntifs.CcMapData(fileObject, fileOffset, length, flags, bcb, buffer));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcPinRead")]
    private static BOOLEAN CcPinRead(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint flags,
        void** bcb, void** buffer) =>
        NativeCall.Run(() => Ntifs.CcPinRead(fileObject, fileOffset, length, flags, bcb, buffer));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcPinMappedData")]
    private static BOOLEAN CcPinMappedData(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint flags,
        void** bcb) =>
        NativeCall.Run(() => Ntifs.CcPinMappedData(fileObject, fileOffset, length, flags, bcb));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcPreparePinWrite")]
    private static BOOLEAN CcPreparePinWrite(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN zero, uint flags, void** bcb,
        void** buffer) =>
        NativeCall.Run(() => Ntifs.CcPreparePinWrite(fileObject, fileOffset, length, zero, flags, bcb, buffer));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcSetDirtyPinnedData")]
    private static void CcSetDirtyPinnedData(void* bcbVoid, LARGE_INTEGER* lsn) =>
        NativeCall.Run(() => Ntifs.CcSetDirtyPinnedData(bcbVoid, lsn));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcUnpinData")]
    private static void CcUnpinData(void* bcb) =>
        NativeCall.Run(() => Ntifs.CcUnpinData(bcb));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcSetLogHandleForFile")]
    private static void CcSetLogHandleForFile(
        FILE_OBJECT* fileObject, void* logHandle, delegate* unmanaged<void*, LARGE_INTEGER, void> flushToLsnRoutine) =>
        NativeCall.Run(() => Ntifs.CcSetLogHandleForFile(fileObject, logHandle, flushToLsnRoutine));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcGetFileObjectFromSectionPtrs")]
    private static FILE_OBJECT* CcGetFileObjectFromSectionPtrs(SECTION_OBJECT_POINTERS* sectionObjectPointer) =>
        (FILE_OBJECT*)NativeCall.Run(() => (nint)Ntifs.CcGetFileObjectFromSectionPtrs(sectionObjectPointer));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcGetFlushedValidData")]
    private static LARGE_INTEGER CcGetFlushedValidData(SECTION_OBJECT_POINTERS* sectionObjectPointer,
        BOOLEAN bcbListHeld) =>
        NativeCall.Run(() => Ntifs.CcGetFlushedValidData(sectionObjectPointer, bcbListHeld));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcIsThereDirtyData")]
    private static BOOLEAN CcIsThereDirtyData(void* vpb) =>
        NativeCall.Run(() => Ntifs.CcIsThereDirtyData(vpb));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcIsThereDirtyDataEx")]
    private static BOOLEAN CcIsThereDirtyDataEx(void* vpb, uint* numberOfDirtyPages) =>
        NativeCall.Run(() => Ntifs.CcIsThereDirtyDataEx(vpb, numberOfDirtyPages));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_MmCanFileBeTruncated")]
    private static BOOLEAN MmCanFileBeTruncated(SECTION_OBJECT_POINTERS* sectionPointer, LARGE_INTEGER* newFileSize) =>
        NativeCall.Run(() => Ntifs.MmCanFileBeTruncated(sectionPointer, newFileSize));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_MmDoesFileHaveUserWritableReferences")]
    private static uint MmDoesFileHaveUserWritableReferences(SECTION_OBJECT_POINTERS* sectionPointer) =>
        NativeCall.Run(() => Ntifs.MmDoesFileHaveUserWritableReferences(sectionPointer));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_MmFlushImageSection")]
    private static BOOLEAN MmFlushImageSection(SECTION_OBJECT_POINTERS* sectionPointer, MMFLUSH_TYPE flushType) =>
        NativeCall.Run(() => Ntifs.MmFlushImageSection(sectionPointer, flushType));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_MmForceSectionClosed")]
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
