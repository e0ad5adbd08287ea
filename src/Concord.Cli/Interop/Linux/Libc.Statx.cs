using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Look up from the current directory.</summary>
    internal const int AtCurrentDirectory = -100;

    /// <summary>Read a symbolic link itself, not the file that it names.</summary>
    internal const int AtSymbolicLinkNoFollow = 0x100;

    /// <summary>Read the descriptor itself; the path is empty.</summary>
    internal const int AtEmptyPath = 0x1000;

    /// <summary>The fields that stat has.</summary>
    internal const uint StatxBasic = 0x7ff;

    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true)]
    internal static partial int Statx(int directory, byte* path, int flags, uint mask, StatxRecord* record);
}
