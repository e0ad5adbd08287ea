using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>POSIX: pwrite, on a descriptor that its caller keeps open.</summary>
    [LibraryImport(Name, EntryPoint = "pwrite64", SetLastError = true)]
    internal static partial nint WriteAt(nint descriptor, byte* source, nint bytes, long offset);
}
