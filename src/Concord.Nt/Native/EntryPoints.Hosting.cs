using System.Runtime.InteropServices;

namespace Concord.Nt.Native;

// What a file system has that brings its own file objects: wdm.h, and the part of ntifs.h on its control block.
internal static unsafe partial class EntryPoints
{
    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordAttach")]
    private static NTSTATUS ConcordAttach(FILE_OBJECT* fileObject, CONCORD_STORE* store, void* context) =>
        NativeCall.Status(() => NtHost.ConcordAttach(fileObject, store, context));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordAttachFile")]
    private static NTSTATUS ConcordAttachFile(FILE_OBJECT* fileObject, byte* path, uint flags) =>
        NativeCall.Status(() =>
        {
            string name = PathOf(path);
            return NtHost.ConcordAttachFile(fileObject, () => NativeFiles.OpenCached(name, flags));
        });

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordMapView")]
    private static NTSTATUS ConcordMapView(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, nuint length, uint flags, void** baseAddress) =>
        NativeCall.Status(() => NtHost.ConcordMapView(fileObject, fileOffset, length, flags, baseAddress));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordUnmapView")]
    private static NTSTATUS ConcordUnmapView(void* baseAddress) =>
        NativeCall.Status(() => NtHost.ConcordUnmapView(baseAddress));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordDetach")]
    private static NTSTATUS ConcordDetach(FILE_OBJECT* fileObject) =>
        NativeCall.Status(() => NtHost.ConcordDetach(fileObject));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordCompleteRequest")]
    private static NTSTATUS ConcordCompleteRequest(void* request, NTSTATUS status, nuint information) =>
        NativeCall.Status(() => NtHost.ConcordCompleteRequest(request, status, information));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordFailFlushToLsn")]
    private static NTSTATUS ConcordFailFlushToLsn(NTSTATUS status) =>
        NativeCall.Status(() => NtHost.ConcordFailFlushToLsn(status));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExInitializeResourceLite")]
    private static NTSTATUS ExInitializeResourceLite(ERESOURCE* resource) =>
        NativeCall.Status(() => Ntddk.ExInitializeResourceLite(resource));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExDeleteResourceLite")]
    private static NTSTATUS ExDeleteResourceLite(ERESOURCE* resource) =>
        NativeCall.Status(() => Ntddk.ExDeleteResourceLite(resource));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExAcquireResourceExclusiveLite")]
    private static BOOLEAN ExAcquireResourceExclusiveLite(ERESOURCE* resource, BOOLEAN wait) =>
        NativeCall.RunOn(
            resource, wait, static (at, waits) => Ntddk.ExAcquireResourceExclusiveLite((ERESOURCE*)at, waits));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExAcquireResourceSharedLite")]
    private static BOOLEAN ExAcquireResourceSharedLite(ERESOURCE* resource, BOOLEAN wait) =>
        NativeCall.RunOn(
            resource, wait, static (at, waits) => Ntddk.ExAcquireResourceSharedLite((ERESOURCE*)at, waits));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExAcquireSharedStarveExclusive")]
    private static BOOLEAN ExAcquireSharedStarveExclusive(ERESOURCE* resource, BOOLEAN wait) =>
        NativeCall.RunOn(
            resource, wait, static (at, waits) => Ntddk.ExAcquireSharedStarveExclusive((ERESOURCE*)at, waits));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExAcquireSharedWaitForExclusive")]
    private static BOOLEAN ExAcquireSharedWaitForExclusive(ERESOURCE* resource, BOOLEAN wait) =>
        NativeCall.RunOn(
            resource, wait, static (at, waits) => Ntddk.ExAcquireSharedWaitForExclusive((ERESOURCE*)at, waits));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExConvertExclusiveToSharedLite")]
    private static void ExConvertExclusiveToSharedLite(ERESOURCE* resource) =>
        NativeCall.RunOn(resource, static at =>
        {
            Ntddk.ExConvertExclusiveToSharedLite((ERESOURCE*)at);
            return true;
        });

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExReleaseResourceLite")]
    private static void ExReleaseResourceLite(ERESOURCE* resource) =>
        NativeCall.RunOn(resource, static at =>
        {
            Ntddk.ExReleaseResourceLite((ERESOURCE*)at);
            return true;
        });

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExIsResourceAcquiredExclusiveLite")]
    private static BOOLEAN ExIsResourceAcquiredExclusiveLite(ERESOURCE* resource) =>
        NativeCall.RunOn(resource, static at => Ntddk.ExIsResourceAcquiredExclusiveLite((ERESOURCE*)at));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExIsResourceAcquiredSharedLite")]
    private static uint ExIsResourceAcquiredSharedLite(ERESOURCE* resource) =>
        NativeCall.RunOn(resource, static at => Ntddk.ExIsResourceAcquiredSharedLite((ERESOURCE*)at));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExGetExclusiveWaiterCount")]
    private static uint ExGetExclusiveWaiterCount(ERESOURCE* resource) =>
        NativeCall.RunOn(resource, static at => Ntddk.ExGetExclusiveWaiterCount((ERESOURCE*)at));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExGetSharedWaiterCount")]
    private static uint ExGetSharedWaiterCount(ERESOURCE* resource) =>
        NativeCall.RunOn(resource, static at => Ntddk.ExGetSharedWaiterCount((ERESOURCE*)at));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeEnterCriticalRegion")]
    private static void KeEnterCriticalRegion() => NativeCall.Run(Ntddk.KeEnterCriticalRegion);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeLeaveCriticalRegion")]
    private static void KeLeaveCriticalRegion() => NativeCall.Run(Ntddk.KeLeaveCriticalRegion);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeClearEvent")]
    private static void KeClearEvent(KEVENT* @event) => NativeCall.Run(() =>
    {
        NtCall.RequirePointer(nameof(KeClearEvent), @event, "Event");
        Ntddk.KeClearEvent(@event);
    });

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_KeResetEvent")]
    private static int KeResetEvent(KEVENT* @event) => NativeCall.Run(() =>
    {
        NtCall.RequirePointer(nameof(KeResetEvent), @event, "Event");
        return Ntddk.KeResetEvent(@event);
    });

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_IoAllocateMdl")]
    private static MDL* IoAllocateMdl(
        void* virtualAddress, uint length, BOOLEAN secondaryBuffer, BOOLEAN chargeQuota, void* irp) =>
        (MDL*)NativeCall.Run(
            () => (nint)Ntddk.IoAllocateMdl(virtualAddress, length, secondaryBuffer, chargeQuota, irp));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_IoFreeMdl")]
    private static void IoFreeMdl(MDL* mdl) => NativeCall.Run(() => Ntddk.IoFreeMdl(mdl));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_MmBuildMdlForNonPagedPool")]
    private static void MmBuildMdlForNonPagedPool(MDL* mdl) =>
        NativeCall.Run(() => Ntddk.MmBuildMdlForNonPagedPool(mdl));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_MmProbeAndLockPages")]
    private static void MmProbeAndLockPages(MDL* memoryDescriptorList, sbyte accessMode, LOCK_OPERATION operation) =>
        NativeCall.Run(() => Ntddk.MmProbeAndLockPages(memoryDescriptorList, accessMode, operation));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_MmUnlockPages")]
    private static void MmUnlockPages(MDL* memoryDescriptorList) =>
        NativeCall.Run(() => Ntddk.MmUnlockPages(memoryDescriptorList));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcGetFileSizePointer")]
    private static LARGE_INTEGER* CcGetFileSizePointer(FILE_OBJECT* fileObject) =>
        (LARGE_INTEGER*)NativeCall.Run(() => (nint)Ntifs.CcGetFileSizePointer(fileObject));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcGetFileObjectFromBcb")]
    private static FILE_OBJECT* CcGetFileObjectFromBcb(void* bcb) =>
        (FILE_OBJECT*)NativeCall.Run(() => (nint)Ntifs.CcGetFileObjectFromBcb(bcb));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcRemapBcb")]
    private static void* CcRemapBcb(void* bcb) => (void*)NativeCall.Run(() => (nint)Ntifs.CcRemapBcb(bcb));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcRepinBcb")]
    private static void CcRepinBcb(void* bcb) => NativeCall.Run(() => Ntifs.CcRepinBcb(bcb));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcUnpinRepinnedBcb")]
    private static void CcUnpinRepinnedBcb(void* bcb, BOOLEAN writeThrough, IO_STATUS_BLOCK* ioStatus) =>
        NativeCall.RunTelling(ioStatus, () => Ntifs.CcUnpinRepinnedBcb(bcb, writeThrough, ioStatus));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcSetBcbOwnerPointer")]
    private static void CcSetBcbOwnerPointer(void* bcb, void* ownerPointer) =>
        NativeCall.Run(() => Ntifs.CcSetBcbOwnerPointer(bcb, ownerPointer));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcUnpinDataForThread")]
    private static void CcUnpinDataForThread(void* bcb, nuint resourceThreadId) =>
        NativeCall.Run(() => Ntifs.CcUnpinDataForThread(bcb, resourceThreadId));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_CcGetDirtyPages")]
    private static LARGE_INTEGER CcGetDirtyPages(
        void* logHandle,
        delegate* unmanaged<FILE_OBJECT*, LARGE_INTEGER*, uint, LARGE_INTEGER*, LARGE_INTEGER*, void*, void*, void>
            dirtyPageRoutine,
        void* context1, void* context2) =>
        NativeCall.Run(() => Ntifs.CcGetDirtyPages(logHandle, dirtyPageRoutine, context1, context2));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlCopyRead")]
    private static BOOLEAN FsRtlCopyRead(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, uint lockKey, void* buffer,
        IO_STATUS_BLOCK* ioStatus, void* deviceObject) => NativeCall.Run(
            () => Ntifs.FsRtlCopyRead(fileObject, fileOffset, length, wait, lockKey, buffer, ioStatus, deviceObject));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlCopyWrite")]
    private static BOOLEAN FsRtlCopyWrite(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, BOOLEAN wait, uint lockKey, void* buffer,
        IO_STATUS_BLOCK* ioStatus, void* deviceObject) => NativeCall.Run(
            () => Ntifs.FsRtlCopyWrite(fileObject, fileOffset, length, wait, lockKey, buffer, ioStatus, deviceObject));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlMdlRead")]
    private static BOOLEAN FsRtlMdlRead(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint lockKey, MDL** mdlChain,
        IO_STATUS_BLOCK* ioStatus) =>
        NativeCall.Run(() => Ntifs.FsRtlMdlRead(fileObject, fileOffset, length, lockKey, mdlChain, ioStatus));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlMdlReadComplete")]
    private static BOOLEAN FsRtlMdlReadComplete(FILE_OBJECT* fileObject, MDL* mdlChain) =>
        NativeCall.Run(() => Ntifs.FsRtlMdlReadComplete(fileObject, mdlChain));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlPrepareMdlWrite")]
    private static BOOLEAN FsRtlPrepareMdlWrite(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint lockKey, MDL** mdlChain,
        IO_STATUS_BLOCK* ioStatus) =>
        NativeCall.Run(() => Ntifs.FsRtlPrepareMdlWrite(fileObject, fileOffset, length, lockKey, mdlChain, ioStatus));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlMdlWriteComplete")]
    private static BOOLEAN FsRtlMdlWriteComplete(FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, MDL* mdlChain) =>
        NativeCall.Run(() => Ntifs.FsRtlMdlWriteComplete(fileObject, fileOffset, mdlChain));
}
