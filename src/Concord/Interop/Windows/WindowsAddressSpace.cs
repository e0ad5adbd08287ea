using System.Runtime.CompilerServices;

namespace Concord.Interop.Windows;

/// <summary>
/// The address space of a Windows process, by VirtualQuery: a region can be read when it is committed and its
/// protection allows reading and sets no trap. A view never reaches beyond the end of its section, so the end of a file
/// needs no check of its own.
/// </summary>
internal sealed class WindowsAddressSpace : AddressSpace
{
    internal override UnreadableRange? Examine(nuint start, nuint end, List<MappedRange> mapped)
    {
        for (nuint cursor = start; cursor < end;)
        {
            if (Kernel32.VirtualQuery(cursor, out var region, (nuint)Unsafe.SizeOf<Kernel32.MemoryRegion>()) == 0)
                return new UnreadableRange(cursor, end, "are not addresses of this process");
            nuint next = Math.Min(end, region.BaseAddress + region.Length);
            if (region.State != Kernel32.MemCommit) return new UnreadableRange(cursor, next, "are not mapped");
            if ((region.Protection & (Kernel32.PageNoAccess | Kernel32.PageGuard | Kernel32.PageExecute)) != 0)
            {
                return new UnreadableRange(cursor, next,
                    $"are mapped without permission to read (protection 0x{region.Protection:x})");
            }

            mapped.Add(new MappedRange(cursor, next, MappingKind.Touch));
            cursor = next;
        }

        return null;
    }
}
