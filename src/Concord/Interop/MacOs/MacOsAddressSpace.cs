namespace Concord.Interop.MacOs;

/// <summary>
/// The address space of a macOS process: mach_vm_region tells what is mapped and readable. Of each region the last page
/// in the range is read, by a call that reports an error instead of raising a signal: what lies before a readable page
/// lies inside the file.
/// </summary>
internal sealed unsafe class MacOsAddressSpace : AddressSpace
{
    internal override UnreadableRange? Examine(nuint start, nuint end, List<MappedRange> mapped)
    {
        uint task = LibSystem.TaskSelf();
        for (nuint cursor = start; cursor < end;)
        {
            // Find the next region: a gap before it is not mapped.
            ulong address = cursor, length = 0;
            var region = default(LibSystem.RegionBasic);
            uint words = (uint)sizeof(LibSystem.RegionBasic) / sizeof(int), name = 0;
            int error = LibSystem.MachVmRegion(
                task, ref address, ref length, LibSystem.RegionBasic64, ref region, ref words, ref name);
            if (error != 0) return new UnreadableRange(cursor, end, "are not mapped");
            if (address > cursor) return new UnreadableRange(cursor, Math.Min(end, (nuint)address), "are not mapped");

            // Check the protection, and that its last page in the range can be read.
            nuint next = Math.Min(end, (nuint)(address + length));
            if ((region.Protection & LibSystem.ProtRead) == 0)
                return new UnreadableRange(cursor, next, "are mapped without permission to read");
            if (!CanRead(task, next - 1))
                return new UnreadableRange(cursor, next, "reach beyond the end of the mapped file, or its read failed");
            mapped.Add(new MappedRange(cursor, next, MappingKind.Touch));
            cursor = next;
        }

        return null;
    }

    private static bool CanRead(uint task, nuint address)
    {
        byte target;
        ulong copied = 0;
        return LibSystem.MachVmReadOverwrite(task, address, 1, &target, ref copied) == 0 && copied == 1;
    }
}
