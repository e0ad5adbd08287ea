using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static partial class Libc
{
    internal const int MsyncSynchronous = 4;

    [LibraryImport(Name, EntryPoint = "msync", SetLastError = true)]
    internal static partial int Msync(nint address, nint length, int flags);
}
