using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Ends the process at once, without anything that is usually done at the end. POSIX: _exit.</summary>
    [LibraryImport(Name, EntryPoint = "_exit")]
    internal static partial void EndNow(int code);
}
