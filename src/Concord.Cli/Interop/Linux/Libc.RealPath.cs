using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    internal const int PathBytesMax = 4096;

    /// <summary>
    /// The path without links and dots, into <see cref="PathBytesMax"/> bytes; null when there is none. POSIX:
    /// realpath.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "realpath", SetLastError = true)]
    internal static partial byte* RealPath(byte* path, byte* resolved);
}
