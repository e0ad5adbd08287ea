using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    /// <summary>
    /// Asks for the flags of a descriptor, of which there is one: that it closes when a program starts.
    /// </summary>
    internal const int GetDescriptorFlags = 1, ClosesOnExec = 1;

    /// <summary>POSIX: fcntl; negative where the descriptor is closed.</summary>
    [LibraryImport(Name, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int DescriptorFlags(int descriptor, int command, nint argument);
}
