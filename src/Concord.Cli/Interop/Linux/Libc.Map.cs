using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    internal const int ProtectionRead = 1;
    internal const int MapShared = 1;

    /// <summary>The return value of a failed call.</summary>
    internal const nint MapFailed = -1;

    [LibraryImport(Name, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nint length, int protection, int flags, SafeFileHandle file,
        long offset);
}
