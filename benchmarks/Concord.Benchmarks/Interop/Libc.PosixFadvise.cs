using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Interop;

internal static partial class Libc
{
    internal const int FadviseDontNeed = 4;

    /// <summary>Returns an error number, not -1; a length of zero means to the end of the file.</summary>
    [LibraryImport(Name, EntryPoint = "posix_fadvise")]
    internal static partial int PosixFadvise(SafeFileHandle file, long offset, long length, int advice);
}
