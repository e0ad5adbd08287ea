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
    private static NTSTATUS ConcordSetCapacity(ulong bytes)
    {
        LastError.Clear();
        try
        {
            NativeFiles.SetCapacity(bytes);
            return NTSTATUS.STATUS_SUCCESS;
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            return NativeStatus.Of(error);
        }
    }

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordOpenFile(byte* path, uint flags, FILE_OBJECT** fileObject)
    {
        LastError.Clear();
        try
        {
            if (fileObject is null) throw new ArgumentException("FileObject is NULL: there is nowhere to put the handle");
            *fileObject = null;
            *fileObject = NativeFiles.OpenByPath(Marshal.PtrToStringUTF8((nint)path) ?? throw new ArgumentException("Path is NULL"), flags);
            return NTSTATUS.STATUS_SUCCESS;
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            return NativeStatus.Of(error);
        }
    }

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordCloseFile(FILE_OBJECT* fileObject) => StatusOf(&NativeFiles.Close, fileObject, NTSTATUS.STATUS_RESOURCE_IN_USE);

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordAcquireExclusive(FILE_OBJECT* fileObject) => StatusOf(&AcquireExclusive, fileObject, NTSTATUS.STATUS_POSSIBLE_DEADLOCK);

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordAcquireShared(FILE_OBJECT* fileObject) => StatusOf(&AcquireShared, fileObject, NTSTATUS.STATUS_POSSIBLE_DEADLOCK);

    [UnmanagedCallersOnly]
    private static NTSTATUS ConcordRelease(FILE_OBJECT* fileObject) => StatusOf(&Release, fileObject, NTSTATUS.STATUS_RESOURCE_NOT_OWNED);

    private static void AcquireExclusive(FILE_OBJECT* fileObject) => NativeFiles.Find(fileObject).AcquireExclusive();

    private static void AcquireShared(FILE_OBJECT* fileObject) => NativeFiles.Find(fileObject).AcquireShared();

    private static void Release(FILE_OBJECT* fileObject) => NativeFiles.Find(fileObject).Release();

    /// <summary>Runs a call on a file that has no result but how it went.</summary>
    /// <param name="call">The call.</param>
    /// <param name="fileObject">The file.</param>
    /// <param name="isWrongNow">What it means when the call says that this is not the moment for it.</param>
    private static NTSTATUS StatusOf(delegate*<FILE_OBJECT*, void> call, FILE_OBJECT* fileObject, NTSTATUS isWrongNow)
    {
        LastError.Clear();
        try
        {
            call(fileObject);
            return NTSTATUS.STATUS_SUCCESS;
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            return error is InvalidOperationException and not ObjectDisposedException ? isWrongNow : NativeStatus.Of(error);
        }
    }
}
