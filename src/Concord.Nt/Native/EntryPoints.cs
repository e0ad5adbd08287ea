using System.Runtime.InteropServices;
using Concord.Caching;
using Concord.Interop.Linux;

namespace Concord.Nt.Native;

/// <summary>
/// What C calls, by the names of Concord.Native's src/routines.h. Each passes its call on, and nothing is ever thrown
/// across: an exception becomes the result that says "not done", and its message what <see cref="LastError"/> tells.
/// </summary>
internal static unsafe partial class EntryPoints
{
    /// <summary>What .NET makes of bytes that are not UTF-8 in the name of the current directory.</summary>
    private const char Unreadable = '\uFFFD';

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordLastError")]
    private static byte* ConcordLastError() => LastError.Read();

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordLastStatus")]
    private static NTSTATUS ConcordLastStatus() => LastError.Status;

    /// <summary>The process ends: what is dirty is written, as at the end of a .NET program.</summary>
    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordExit")]
    private static void ConcordExit()
    {
        try
        {
            ExitFlush.RunAll();
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            // The process ends: no caller is left. Each file's own failure has been reported.
            return;
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordSetCapacity")]
    private static NTSTATUS ConcordSetCapacity(ulong bytes) => NativeCall.Status(() => NativeFiles.SetCapacity(bytes));

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordOpenFile")]
    private static NTSTATUS ConcordOpenFile(byte* path, uint flags, FILE_OBJECT** fileObject) => NativeCall.Status(() =>
    {
        if (fileObject is null) throw new ArgumentException("FileObject is NULL: there is nowhere to put the handle");
        *fileObject = null;
        *fileObject = NativeFiles.OpenByPath(PathOf(path), flags);
    });

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordCloseFile")]
    private static NTSTATUS ConcordCloseFile(FILE_OBJECT* fileObject) =>
        NativeCall.Status(() => NativeFiles.Close(fileObject), NTSTATUS.STATUS_RESOURCE_IN_USE);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordAcquireExclusive")]
    private static NTSTATUS ConcordAcquireExclusive(FILE_OBJECT* fileObject) =>
        Acquire(fileObject, ResourceAccess.Exclusive);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordAcquireShared")]
    private static NTSTATUS ConcordAcquireShared(FILE_OBJECT* fileObject) =>
        Acquire(fileObject, ResourceAccess.Shared);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordRelease")]
    private static NTSTATUS ConcordRelease(FILE_OBJECT* fileObject) =>
        NativeCall.Status(() => NativeFiles.Release(fileObject), NTSTATUS.STATUS_RESOURCE_NOT_OWNED);

    [UnmanagedCallersOnly(EntryPoint = "concord_nt_ConcordSetChecks")]
    private static BOOLEAN ConcordSetChecks(BOOLEAN enabled) => NativeCall.Run<BOOLEAN>(() =>
    {
        bool before = NtChecks.IsEnabled;
        NtChecks.IsEnabled = enabled;
        return before;
    });

    private static NTSTATUS Acquire(FILE_OBJECT* fileObject, ResourceAccess access) => NativeCall.Status(
        () =>
        {
            if (!NativeFiles.Acquire(fileObject, access)) return NTSTATUS.STATUS_SUCCESS;
            LastError.Keep(
                NTSTATUS.STATUS_ABANDONED, "a thread that had acquired the file has ended without releasing it");
            return NTSTATUS.STATUS_ABANDONED;
        },
        NTSTATUS.STATUS_POSSIBLE_DEADLOCK);

    /// <summary>The path with every byte that C gave, whether it is UTF-8 or not.</summary>
    private static string PathOf(byte* bytes)
    {
        if (bytes is null) throw new ArgumentException("Path is NULL");
        string path = PathBytes.Decode(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(bytes));

        // .NET makes a relative path a full one, with a wrong name of the directory if that is not UTF-8.
        return Path.IsPathRooted(path) || !Environment.CurrentDirectory.Contains(Unreadable)
            ? path
            : throw new ArgumentException("Path is relative to a directory whose name is not UTF-8: give a full path");
    }
}
