using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Since Linux 5.10; the same number on every processor.</summary>
    internal const nint SystemCallProcessMadvise = 440;

    /// <summary>Advice for another process's memory: needs to be allowed to read it (ptrace) and CAP_SYS_NICE.</summary>
    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint ProcessMadvise(
        nint call, FileDescriptor process, in MemoryPart part, nint parts, nint advice, nint flags);

    /// <summary>The kernel's <c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct MemoryPart(nint Address, nint Length);
}
