using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Find the first byte from an offset on that has memory, or that has none.</summary>
    internal const int SeekData = 3, SeekHole = 4;

    [LibraryImport(Name, EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Lseek(SafeFileHandle descriptor, long offset, int whence);
}
