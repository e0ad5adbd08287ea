using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>
    /// Copies memory of a process; where an address cannot be read it says EFAULT instead of raising a signal.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "process_vm_readv", SetLastError = true)]
    internal static partial nint ProcessVmReadv(
        int process, IoVector* local, nuint locals, IoVector* remote, nuint remotes, nuint flags);
}
