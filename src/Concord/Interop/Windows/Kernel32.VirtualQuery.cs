using System.Runtime.InteropServices;

namespace Concord.Interop.Windows;

internal static partial class Kernel32
{
    /// <summary>MEMORY_BASIC_INFORMATION of a 64-bit process.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct MemoryRegion
    {
        internal nuint BaseAddress;
        internal nuint AllocationBase;
        internal uint AllocationProtection;
        internal ushort PartitionId;
        internal nuint Length;
        internal uint State;
        internal uint Protection;
        internal uint Type;
    }

    [LibraryImport(Name, EntryPoint = "VirtualQuery", SetLastError = true)]
    internal static partial nuint VirtualQuery(nuint address, out MemoryRegion region, nuint regionBytes);
}
