using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Since Linux 5.3; the same number on every processor.</summary>
    private const nint SystemCallPidfdOpen = 434;

    /// <summary>A descriptor of a process, which stays that process's when its number is reused.</summary>
    internal static FileDescriptor PidfdOpen(int processId) => new((int)PidfdOpen(SystemCallPidfdOpen, processId, 0));

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint PidfdOpen(nint call, nint processId, nint flags);
}
