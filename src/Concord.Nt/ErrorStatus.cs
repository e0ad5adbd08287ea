using Concord.Interop;
using Concord.Stores;

namespace Concord.Nt;

/// <summary>The status that says of an exception what the original would have said of its cause.</summary>
internal static class ErrorStatus
{
    /// <summary>The upper half of an HResult that carries an error of Windows in its lower half.</summary>
    private const int WindowsErrors = unchecked((int)0x80070000);

    internal static NTSTATUS Of(Exception error)
    {
        // Only the library's own answer to an argument: what a store finds wrong with its own says nothing of the
        // caller's.
        if (error is ArgumentException) return NTSTATUS.STATUS_INVALID_PARAMETER;

        // The innermost cause that has a status of its own says most; wrappers have none.
        for (Exception? cause = error; cause is not null; cause = cause.InnerException)
        {
            if (OfCause(cause) is { } status) return status;
        }

        return error is IOException ? NTSTATUS.STATUS_UNEXPECTED_IO_ERROR : NTSTATUS.STATUS_INTERNAL_ERROR;
    }

    private static NTSTATUS? OfCause(Exception cause) => cause switch
    {
        NtStatusException raised => raised.Status,
        InvalidOperationException { HResult: StoreLevel.WaitsForItself } => NTSTATUS.STATUS_POSSIBLE_DEADLOCK,
        PagesHeldException => NTSTATUS.STATUS_USER_MAPPED_FILE,
        ObjectDisposedException => NTSTATUS.STATUS_FILE_CLOSED,
        OutOfMemoryException => NTSTATUS.STATUS_INSUFFICIENT_RESOURCES,
        UnauthorizedAccessException => NTSTATUS.STATUS_ACCESS_DENIED,
        OperationCanceledException => NTSTATUS.STATUS_CANCELLED,
        NotSupportedException => NTSTATUS.STATUS_NOT_SUPPORTED,
        FileNotFoundException or DirectoryNotFoundException => NTSTATUS.STATUS_OBJECT_NAME_NOT_FOUND,
        IOException => OfNumber(cause.HResult),
        _ => null,
    };

    /// <summary>
    /// .NET puts the system's own error number into an I/O exception: errno as it is, Windows' as an HResult.
    /// </summary>
    private static NTSTATUS? OfNumber(int number) => number switch
    {
        5 or WindowsErrors + 1117 => NTSTATUS.STATUS_IO_DEVICE_ERROR,            // EIO, ERROR_IO_DEVICE
        12 or WindowsErrors + 1450 => NTSTATUS.STATUS_INSUFFICIENT_RESOURCES,    // ENOMEM, ERROR_NO_SYSTEM_RESOURCES
        1 or 13 or WindowsErrors + 5 => NTSTATUS.STATUS_ACCESS_DENIED,           // EPERM, EACCES, ERROR_ACCESS_DENIED
        27 or WindowsErrors + 223 => NTSTATUS.STATUS_FILE_TOO_LARGE,             // EFBIG, ERROR_FILE_TOO_LARGE
        28 or WindowsErrors + 112 => NTSTATUS.STATUS_DISK_FULL,                  // ENOSPC, ERROR_DISK_FULL
        30 or WindowsErrors + 19 => NTSTATUS.STATUS_MEDIA_WRITE_PROTECTED,       // EROFS, ERROR_WRITE_PROTECT
        // EDQUOT of Linux and macOS, ERROR_DISK_QUOTA_EXCEEDED
        122 or 69 or WindowsErrors + 1295 => NTSTATUS.STATUS_DISK_QUOTA_EXCEEDED,
        _ when number == FileSharingLocks.ErrorCode => NTSTATUS.STATUS_SHARING_VIOLATION,
        _ => null,
    };
}
