namespace Concord.Interop.Windows;

/// <summary>Windows, on x64 and Arm64.</summary>
internal sealed unsafe class WindowsSystem : NativeSystem
{
    internal override AddressSpace AddressSpace { get; } = new WindowsAddressSpace();

    internal override X64Convention X64Convention => X64Convention.Microsoft;

    /// <summary>Windows does not let programs rely on the register CTR_EL0, but tells the line of each cache.</summary>
    internal override int? Arm64LineSize { get; } = SmallestCacheLine();

    internal override nint PublishCode(ReadOnlySpan<byte> code)
    {
        var length = (nuint)code.Length;
        nint address = Kernel32.VirtualAlloc(
            0, length, Kernel32.MemCommit | Kernel32.MemReserve, Kernel32.PageReadWrite);
        if (address == 0) throw Refused("VirtualAlloc of a page");
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (Kernel32.VirtualProtect(address, length, Kernel32.PageExecuteRead, out _)
            && Kernel32.FlushInstructionCache(Kernel32.ThisProcess, address, length))
        {
            return address;
        }

        var refused = Refused("VirtualProtect(PAGE_EXECUTE_READ) of a page");
        _ = Kernel32.VirtualFree(address, 0, Kernel32.MemRelease);
        throw refused;
    }

    private static int? SmallestCacheLine()
    {
        uint bytes = 0;
        _ = Kernel32.GetLogicalProcessorInformation(null, ref bytes);
        var relations = new Kernel32.ProcessorRelation[bytes / (uint)sizeof(Kernel32.ProcessorRelation)];
        fixed (Kernel32.ProcessorRelation* first = relations)
        {
            if (relations.Length == 0 || !Kernel32.GetLogicalProcessorInformation(first, ref bytes)) return null;
        }

        var lines = relations.Where(r => r is { Relation: Kernel32.RelationCache, CacheLineSize: > 0 }).ToList();
        return lines.Count == 0 ? null : lines.Min(r => r.CacheLineSize);
    }

    private static ExecutableMemoryException Refused(string step) =>
        new($"the system refuses executable memory: {Kernel32.LastErrorMessage(step)}");
}
