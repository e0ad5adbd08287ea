using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    private const int OpenCloseOnExec = 0x80000, OpenNonBlocking = 0x800;

    /// <summary>These two are among the few numbers that differ between processors.</summary>
    private static readonly int OpenDirectoryOnly = IsArm64 ? 0x4000 : 0x10000;

    private static readonly int OpenNoFollow = IsArm64 ? 0x8000 : 0x20000;

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Opens a directory to read its names; negative when it fails, as for everything that is none.</summary>
    internal static int OpenDirectory(byte* path, bool followLink) =>
        Open(path, OpenDirectoryOnly | OpenCloseOnExec | OpenNonBlocking | (followLink ? 0 : OpenNoFollow));

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true)]
    private static partial int Open(byte* path, int flags);
}
