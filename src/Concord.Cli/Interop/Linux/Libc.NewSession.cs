using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Leaves the terminal and its signals. POSIX: setsid.</summary>
    [LibraryImport(Name, EntryPoint = "setsid", SetLastError = true)]
    internal static partial int NewSession();
}
