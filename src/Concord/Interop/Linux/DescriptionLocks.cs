using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

/// <summary>
/// Open file description locks: advisory locks on a range of a file. They end with the opening that they were set
/// through, however the process ends. .NET's own lock of a whole file (flock) is of another kind, and does not conflict
/// with them.
/// </summary>
internal static class DescriptionLocks
{
    private const long Nfs = 0x6969, Smb = 0x517B, Smb2 = 0xFE534D42, Cifs = 0xFF534D42;

    /// <summary>Why a file is not locked, or null where it can be: the rest of a sentence.</summary>
    /// <remarks>
    /// A network file system turns .NET's own lock into one of the same kind on the whole file, so that every program
    /// that reads the file would look like a cache that has it.
    /// </remarks>
    internal static string? UnavailableReason(SafeFileHandle handle) =>
        Libc.Fstatfs(handle, out var status) == 0 && (status.Type & 0xFFFFFFFF) is Nfs or Smb or Smb2 or Cifs
            ? "a network file system does not tell a cache's lock from that of any program that has the file open"
            : null;

    /// <summary>Sets a lock, or changes the one that this opening has on the same range; never waits.</summary>
    /// <returns>
    /// 0, <see cref="ErrorNumber.TryAgain"/> if another opening's lock conflicts, or another error.
    /// </returns>
    internal static int TrySet(SafeFileHandle handle, long offset, long length, bool isExclusive) =>
        Set(handle, offset, length, isExclusive ? Libc.LockExclusive : Libc.LockShared);

    internal static void Release(SafeFileHandle handle, long offset, long length) =>
        _ = Set(handle, offset, length, Libc.LockNone);

    /// <summary>Finds a lock of another opening that would conflict with an exclusive one on a range.</summary>
    /// <returns>Its range, and the process that set it if the kernel tells; null if there is none.</returns>
    internal static (long Offset, long Length, int? Process)? FindOther(SafeFileHandle handle, long offset, long length)
    {
        var range = new Libc.RangeLock { Type = Libc.LockExclusive, Offset = offset, Length = length };
        int result = Libc.FcntlLock(handle, Libc.FcntlGetDescriptionLock, ref range);
        if (result != 0 || range.Type == Libc.LockNone) return null;
        return (range.Offset, range.Length, range.Process > 0 ? range.Process : null);
    }

    private static int Set(SafeFileHandle handle, long offset, long length, short type)
    {
        var range = new Libc.RangeLock { Type = type, Offset = offset, Length = length };
        while (Libc.FcntlLock(handle, Libc.FcntlSetDescriptionLock, ref range) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == ErrorNumber.Interrupted) continue;

            // POSIX permits either of the two errors for a conflicting lock.
            return error == ErrorNumber.AccessDenied ? ErrorNumber.TryAgain : error;
        }

        return 0;
    }
}
