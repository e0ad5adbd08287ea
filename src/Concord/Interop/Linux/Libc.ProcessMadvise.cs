using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Since Linux 5.10; the same number on every processor.</summary>
    private const nint SystemCallProcessMadvise = 440;

    /// <summary>
    /// Advice for another process's memory. Needs the right to read it (ptrace) and CAP_SYS_NICE.
    /// </summary>
    internal static nint ProcessMadvise(FileDescriptor process, MemoryPart part, int advice) =>
        ProcessMadvise(SystemCallProcessMadvise, process, part, 1, advice, 0);

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint ProcessMadvise(
        nint call, FileDescriptor process, in MemoryPart part, nint parts, nint advice, nint flags);

    /// <summary>The kernel's <c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct MemoryPart(nint Address, nint Length);
}
