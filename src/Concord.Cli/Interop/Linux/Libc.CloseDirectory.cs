using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    [LibraryImport(Name, EntryPoint = "closedir", SetLastError = true)]
    internal static partial int CloseDirectory(nint directory);
}
