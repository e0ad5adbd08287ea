using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>What a symbolic link names, without a zero at its end. POSIX: readlink.</summary>
    [LibraryImport(Name, EntryPoint = "readlink", SetLastError = true)]
    internal static partial nint ReadLink(byte* path, byte* target, nint bytes);
}
