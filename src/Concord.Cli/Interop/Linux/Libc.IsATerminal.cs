using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    [LibraryImport(Name, EntryPoint = "isatty", SetLastError = true)]
    internal static partial int IsATerminal(int descriptor);
}
