using System.Runtime.InteropServices;

namespace Concord.Nt.Native;

/// <summary>
/// What C calls, by the names of C/src/routines.h. Each passes its call on, and nothing is ever thrown across: an
/// exception becomes the result that says "not done", and its message what <see cref="LastError"/> tells.
/// </summary>
internal static unsafe partial class EntryPoints
{
    [UnmanagedCallersOnly]
    private static byte* ConcordLastError() => LastError.Read();

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordLastStatus() => LastError.Status;

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordSetCapacity(ulong bytes) => NativeCall.Status(() => NativeFiles.SetCapacity(bytes));

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordOpenFile(byte* path, uint flags, FILE_OBJECT** fileObject) => NativeCall.Status(() =>
    {
        if (fileObject is null) throw new ArgumentException("FileObject is NULL: there is nowhere to put the handle");
        *fileObject = null;
        *fileObject = NativeFiles.OpenByPath(
            Marshal.PtrToStringUTF8((nint)path) ?? throw new ArgumentException("Path is NULL"), flags);
    });

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordCloseFile(FILE_OBJECT* fileObject) =>
        NativeCall.Status(() => NativeFiles.Close(fileObject), NTSTATUS.STATUS_RESOURCE_IN_USE);

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordAcquireExclusive(FILE_OBJECT* fileObject) =>
        NativeCall.Status(() => NativeFiles.Find(fileObject).AcquireExclusive(), NTSTATUS.STATUS_POSSIBLE_DEADLOCK);

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordAcquireShared(FILE_OBJECT* fileObject) =>
        NativeCall.Status(() => NativeFiles.Find(fileObject).AcquireShared(), NTSTATUS.STATUS_POSSIBLE_DEADLOCK);

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordRelease(FILE_OBJECT* fileObject) =>
        NativeCall.Status(() => NativeFiles.Find(fileObject).Release(), NTSTATUS.STATUS_RESOURCE_NOT_OWNED);
}
