using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>
    /// Copies into memory of a process; an address that cannot be written is EFAULT and no signal.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "process_vm_writev", SetLastError = true)]
    internal static partial nint ProcessVmWritev(
        int process, IoVector* local, nuint locals, IoVector* remote, nuint remotes, nuint flags);
}
