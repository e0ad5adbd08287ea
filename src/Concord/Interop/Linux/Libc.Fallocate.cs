using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const int FallocKeepSize = 1, FallocPunchHole = 2;

    [LibraryImport(Name, EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Fallocate(SafeFileHandle descriptor, int mode, long offset, long length);
}
