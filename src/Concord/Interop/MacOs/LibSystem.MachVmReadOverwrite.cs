using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

internal static unsafe partial class LibSystem
{
    /// <summary>Copies memory of a process; says what it cannot read instead of raising a signal.</summary>
    /// <returns>Zero, or why not.</returns>
    [LibraryImport(Name, EntryPoint = "mach_vm_read_overwrite")]
    internal static partial int MachVmReadOverwrite(uint task, ulong address, ulong length, byte* target, ref ulong copied);
}
