using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    internal const int OpenReadOnly = 0, OpenReadWrite = 2, OpenCreate = 0x40, OpenExclusive = 0x80;

    private const int OpenCloseOnExec = 0x80000, OpenNonBlocking = 0x800;

    /// <summary>What anybody may do with a new file, before the process's mask (POSIX: umask).</summary>
    private const int NewFileMode = 0x1B6;

    /// <summary>These two are among the few numbers that differ between processors.</summary>
    private static readonly int OpenDirectoryOnly = IsArm64 ? 0x4000 : 0x10000;

    private static readonly int OpenNoFollow = IsArm64 ? 0x8000 : 0x20000;

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Opens a directory to read its names; negative when it fails, as for everything that is none.</summary>
    internal static int OpenDirectory(byte* path, bool followLink) => Open(
        path, OpenDirectoryOnly | OpenCloseOnExec | OpenNonBlocking | (followLink ? 0 : OpenNoFollow), NewFileMode);

    /// <summary>
    /// Opens what a path names, and no link, without waiting for anybody: a pipe is open at once. Negative when it
    /// fails.
    /// </summary>
    internal static int OpenItself(byte* path, int flags) =>
        Open(path, flags | OpenNoFollow | OpenCloseOnExec | OpenNonBlocking, NewFileMode);

    /// <summary>Opens a file that programs started by this one have too; negative when it fails.</summary>
    internal static int OpenInherited(byte* path) => Open(path, OpenReadOnly, NewFileMode);

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true)]
    private static partial int Open(byte* path, int flags, int mode);
}
