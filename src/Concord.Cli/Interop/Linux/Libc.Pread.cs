using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>POSIX: pread, on a descriptor that its caller keeps open.</summary>
    [LibraryImport(Name, EntryPoint = "pread64", SetLastError = true)]
    internal static partial nint ReadAt(nint descriptor, byte* destination, nint bytes, long offset);
}
