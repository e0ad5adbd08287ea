using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>
    /// Copies memory of a process; an address that cannot be read is EFAULT and no signal.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "process_vm_readv", SetLastError = true)]
    internal static partial nint ProcessVmReadv(
        int process, IoVector* local, nuint locals, IoVector* remote, nuint remotes, nuint flags);
}
