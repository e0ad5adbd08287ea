using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    /// <summary>
    /// A write passed the limit that the process has for the length of files; the same number on x64 and arm64.
    /// </summary>
    internal const int FileSizeSignal = 25;

    /// <summary>The handler that ignores a signal.</summary>
    internal const nint Ignore = 1;

    [LibraryImport(Name, EntryPoint = "signal", SetLastError = true)]
    internal static partial nint Signal(int number, nint answer);
}
