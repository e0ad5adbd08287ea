using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Look up from the current directory.</summary>
    internal const int AtCurrentDirectory = -100;

    /// <summary>Tell of a symbolic link itself, not of what it names.</summary>
    internal const int AtSymbolicLinkNoFollow = 0x100;

    /// <summary>Tell of the descriptor itself; the path is empty.</summary>
    internal const int AtEmptyPath = 0x1000;

    /// <summary>The figures that stat has always given.</summary>
    internal const uint StatxBasic = 0x7ff;

    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true)]
    internal static partial int Statx(int directory, byte* path, int flags, uint mask, StatxRecord* record);
}
