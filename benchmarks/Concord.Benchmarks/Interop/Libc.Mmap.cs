using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Interop;

internal static partial class Libc
{
    internal const int ProtRead = 1, ProtWrite = 2;
    internal const int MapShared = 1;
    internal static readonly nint MapFailed = -1;

    [LibraryImport(Name, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Mmap(nint address, nint length, int protection, int flags, SafeFileHandle file,
        long offset);
}
