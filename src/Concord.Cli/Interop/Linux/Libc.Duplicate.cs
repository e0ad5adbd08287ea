using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Puts a descriptor in the place of another one. POSIX: dup2.</summary>
    [LibraryImport(Name, EntryPoint = "dup2", SetLastError = true)]
    internal static partial int Duplicate(int descriptor, int place);
}
