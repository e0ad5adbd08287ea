using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>
    /// A stream of the names of an open directory, which takes the descriptor over. POSIX: fdopendir.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "fdopendir", SetLastError = true)]
    internal static partial nint DirectoryOf(int descriptor);
}
