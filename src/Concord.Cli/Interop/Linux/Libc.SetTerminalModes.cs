using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>POSIX: tcsetattr; 0 as the action changes them at once.</summary>
    [LibraryImport(Name, EntryPoint = "tcsetattr", SetLastError = true)]
    internal static partial int SetTerminalModes(int descriptor, int action, TerminalModes* modes);
}
