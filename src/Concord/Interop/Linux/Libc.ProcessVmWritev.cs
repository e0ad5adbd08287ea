using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>
    /// Copies into memory of a process; where an address cannot be written it says EFAULT instead of raising a signal.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "process_vm_writev", SetLastError = true)]
    internal static partial nint ProcessVmWritev(
        int process, IoVector* local, nuint locals, IoVector* remote, nuint remotes, nuint flags);
}
