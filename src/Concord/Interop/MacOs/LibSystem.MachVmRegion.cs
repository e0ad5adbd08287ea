using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

internal static partial class LibSystem
{
    internal const int RegionBasic64 = 9;

    /// <summary>vm_region_basic_info_64, which is packed to four bytes; only the first word is read here.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 36)]
    internal struct RegionBasic
    {
        internal int Protection;
    }

    /// <summary>Finds the region that holds an address or the first one above it.</summary>
    /// <returns>Zero, or an error number.</returns>
    [LibraryImport(Name, EntryPoint = "mach_vm_region")]
    internal static partial int MachVmRegion(
        uint task, ref ulong address, ref ulong length, int flavor,
        ref RegionBasic region, ref uint regionWords, ref uint objectName);
}
