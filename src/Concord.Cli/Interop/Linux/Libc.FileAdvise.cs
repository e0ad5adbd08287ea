using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    internal const int AdviseDontNeed = 4;

    /// <returns>0, or the error number itself: this call does not set the last error.</returns>
    [LibraryImport(Name, EntryPoint = "posix_fadvise")]
    internal static partial int FileAdvise(SafeFileHandle file, long offset, long length, int advice);
}
