using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

internal static unsafe partial class LibSystem
{
    /// <summary>Copies memory of a process; an address that cannot be read is an error and no signal.</summary>
    /// <returns>Zero, or an error number.</returns>
    [LibraryImport(Name, EntryPoint = "mach_vm_read_overwrite")]
    internal static partial int MachVmReadOverwrite(
        uint task, ulong address, ulong length, byte* target, ref ulong copied);
}
