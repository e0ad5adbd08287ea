using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Only faults of user mode are reported; a system call on an absent page fails.</summary>
    internal const nint UserModeOnly = 1;

    private static readonly nint SystemCallUserfaultfd = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? 282 : 323;

    /// <summary>A descriptor that reports page faults, or -1 and the last error.</summary>
    internal static int Userfaultfd(nint flags) => (int)Userfaultfd(SystemCallUserfaultfd, flags);

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Userfaultfd(nint call, nint flags);
}
