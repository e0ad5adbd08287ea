using System.Runtime.InteropServices;

namespace Concord.Nt.Native;

// Further forms of routines: by the number of a thread, for a device, with a status.
internal static unsafe partial class EntryPoints
{
    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExGetCurrentResourceThread")]
    private static nuint ExGetCurrentResourceThread() => NativeCall.Run(Ntddk.ExGetCurrentResourceThread);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExReleaseResourceForThreadLite")]
    private static void ExReleaseResourceForThreadLite(ERESOURCE* resource, nuint resourceThreadId) =>
        NativeCall.Run(() => Ntddk.ExReleaseResourceForThreadLite(resource, resourceThreadId));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExTryToAcquireResourceExclusiveLite")]
    private static BOOLEAN ExTryToAcquireResourceExclusiveLite(ERESOURCE* resource) =>
        NativeCall.Run(() => Ntddk.ExTryToAcquireResourceExclusiveLite(resource));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ExReinitializeResourceLite")]
    private static NTSTATUS ExReinitializeResourceLite(ERESOURCE* resource) =>
        NativeCall.Status(() => Ntddk.ExReinitializeResourceLite(resource));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlMdlReadDev")]
    private static BOOLEAN FsRtlMdlReadDev(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint lockKey, MDL** mdlChain,
        IO_STATUS_BLOCK* ioStatus, void* deviceObject) => NativeCall.Run(() => Ntifs.FsRtlMdlReadDev(
            fileObject, fileOffset, length, lockKey, mdlChain, ioStatus, deviceObject));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlMdlReadCompleteDev")]
    private static BOOLEAN FsRtlMdlReadCompleteDev(FILE_OBJECT* fileObject, MDL* mdlChain, void* deviceObject) =>
        NativeCall.Run(() => Ntifs.FsRtlMdlReadCompleteDev(fileObject, mdlChain, deviceObject));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlPrepareMdlWriteDev")]
    private static BOOLEAN FsRtlPrepareMdlWriteDev(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint lockKey, MDL** mdlChain,
        IO_STATUS_BLOCK* ioStatus, void* deviceObject) => NativeCall.Run(() => Ntifs.FsRtlPrepareMdlWriteDev(
            fileObject, fileOffset, length, lockKey, mdlChain, ioStatus, deviceObject));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlMdlWriteCompleteDev")]
    private static BOOLEAN FsRtlMdlWriteCompleteDev(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, MDL* mdlChain, void* deviceObject) =>
        NativeCall.Run(() => Ntifs.FsRtlMdlWriteCompleteDev(fileObject, fileOffset, mdlChain, deviceObject));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlMdlReadEx")]
    private static NTSTATUS FsRtlMdlReadEx(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint lockKey, MDL** mdlChain,
        IO_STATUS_BLOCK* ioStatus) => NativeCall.Status(
            () => Ntifs.FsRtlMdlReadEx(fileObject, fileOffset, length, lockKey, mdlChain, ioStatus));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_FsRtlPrepareMdlWriteEx")]
    private static NTSTATUS FsRtlPrepareMdlWriteEx(
        FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, uint lockKey, MDL** mdlChain,
        IO_STATUS_BLOCK* ioStatus) => NativeCall.Status(
            () => Ntifs.FsRtlPrepareMdlWriteEx(fileObject, fileOffset, length, lockKey, mdlChain, ioStatus));
}
