using System.Runtime.InteropServices;
using Concord.Cli.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Cli.Interop;

/// <summary>The system's own calls to flush and purge a file, whose results the demonstration shows.</summary>
internal static class SystemPurge
{
    /// <summary>POSIX: fdatasync. 0, or the error number.</summary>
    internal static int Flush(SafeFileHandle file) => Libc.FlushData(file) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>POSIX: posix_fadvise, POSIX_FADV_DONTNEED over the whole file. 0, or the error number.</summary>
    internal static int Drop(SafeFileHandle file) => Libc.FileAdvise(file, 0, 0, Libc.AdviseDontNeed);
}
