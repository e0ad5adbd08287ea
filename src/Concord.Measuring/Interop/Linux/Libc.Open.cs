using System.Runtime.InteropServices;

namespace Concord.Measuring.Interop.Linux;

internal static unsafe partial class Libc
{
    private const int OpenCloseOnExec = 0x80000;

    /// <summary>These two are among the few numbers that differ between processors.</summary>
    private static readonly int OpenDirectory = IsArm64 ? 0x4000 : 0x10000, OpenNoFollow = IsArm64 ? 0x8000 : 0x20000;

    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    /// <summary>Opens a directory, and nothing that a symbolic link leads to; negative when it fails.</summary>
    internal static int OpenFolder(byte* path) => Open(path, OpenDirectory | OpenNoFollow | OpenCloseOnExec);

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true)]
    private static partial int Open(byte* path, int flags);
}
