namespace Concord.Interop.MacOs;

/// <summary>macOS, on x64 and Arm64.</summary>
internal sealed unsafe class MacOsSystem : NativeSystem
{
    /// <summary>
    /// Apple's processors state 128 bytes, the line of their second level; their instructions by address, and the
    /// system's own flush routine, work on 64. Steps that are too small touch a line twice; too large ones miss
    /// half of them.
    /// </summary>
    private const int LineSizeMax = 64;

    internal override AddressSpace AddressSpace { get; } = new MacOsAddressSpace();

    internal override X64Convention X64Convention => X64Convention.SystemV;

    internal override int? Arm64LineSize { get; } = StatedLineSize();

    /// <summary>
    /// Plain memory made executable when it is complete, and not the system's memory for compilers (MAP_JIT): to
    /// write that, a thread takes away its own right to execute all such memory, the managed code it is running
    /// included.
    /// </summary>
    internal override nint PublishCode(ReadOnlySpan<byte> code)
    {
        nint address = LibSystem.Mmap(
            0, code.Length, LibSystem.ProtRead | LibSystem.ProtWrite, LibSystem.MapPrivate | LibSystem.MapAnonymous, -1, 0);
        if (address == LibSystem.MapFailed) throw Refused("mmap of a page");
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (LibSystem.Mprotect(address, code.Length, LibSystem.ProtRead | LibSystem.ProtExec) == 0)
        {
            LibSystem.InvalidateInstructionCache(address, (nuint)code.Length);
            return address;
        }

        var refused = Refused("mprotect(PROT_READ | PROT_EXEC) of a page");
        _ = LibSystem.Munmap(address, code.Length);
        throw refused;
    }

    private static int? StatedLineSize()
    {
        long bytes = 0;
        nuint length = sizeof(long);
        return LibSystem.SysctlByName("hw.cachelinesize", ref bytes, ref length, 0, 0) == 0 && bytes > 0
            ? (int)Math.Min(bytes, LineSizeMax)
            : null;
    }

    private static ExecutableMemoryException Refused(string step) =>
        new($"the system refuses executable memory: {LibSystem.LastErrorMessage(step)}");
}
