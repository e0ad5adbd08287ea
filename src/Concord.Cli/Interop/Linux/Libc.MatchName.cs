using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <returns>0 where the name matches. POSIX: fnmatch.</returns>
    [LibraryImport(Name, EntryPoint = "fnmatch")]
    internal static partial int MatchName(byte* pattern, byte* name, int flags);
}
