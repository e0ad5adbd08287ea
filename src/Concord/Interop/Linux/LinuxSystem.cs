using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

/// <summary>Linux, on x64 and Arm64.</summary>
internal sealed class LinuxSystem(Architecture architecture) : NativeSystem
{
    internal override AddressSpace AddressSpace { get; } = new LinuxAddressSpace();

    internal override X64Convention X64Convention => X64Convention.SystemV;

    /// <summary>
    /// The kernel lets programs read CTR_EL0, and answers itself with the smallest line where processors differ.
    /// </summary>
    internal override int? Arm64LineSize => null;

    internal override nint PublishCode(ReadOnlySpan<byte> code) =>
        architecture == Architecture.Arm64 ? PublishByFile(code) : PublishByProtection(code);

    /// <summary>
    /// Writable anonymous memory, made executable when it is complete. That suffices on x64, where instruction fetches
    /// see every store that was made before (Intel SDM 3, 11.6; AMD APM 2, 7.6.1) and these addresses were never
    /// executed.
    /// </summary>
    private static unsafe nint PublishByProtection(ReadOnlySpan<byte> code)
    {
        nint address = Libc.Mmap(
            0, code.Length, Libc.ProtRead | Libc.ProtWrite, Libc.MapPrivate | Libc.MapAnonymous, -1, 0);
        if (address == Libc.MapFailed) throw Refused("mmap of a page");
        code.CopyTo(new Span<byte>((void*)address, code.Length));
        if (Libc.Mprotect(address, code.Length, Libc.ProtRead | Libc.ProtExec) == 0) return address;
        var refused = Refused("mprotect(PROT_READ | PROT_EXEC) of a page");
        _ = Libc.Munmap(address, code.Length);
        throw refused;
    }

    /// <summary>
    /// A file in memory, written by a system call and then mapped executable at an address never executed. On Arm64
    /// instruction fetches do not see stores by themselves. Here the kernel writes the page, and before it maps a page
    /// executable that it has written, it cleans the data cache and invalidates the instruction cache, as it must for
    /// every program that it loads. So no call of the C library is necessary.
    /// </summary>
    private static nint PublishByFile(ReadOnlySpan<byte> code)
    {
        using var file = Libc.MemfdCreate("concord-processor", Libc.MfdCloseOnExec);
        if (file.IsInvalid) throw Refused("memfd_create");
        try
        {
            FileBytes.Write(file, code, 0, "a memfd");
        }
        catch (IOException failure)
        {
            throw new ExecutableMemoryException(
                $"the system refuses executable memory: write of a memfd: {failure.Message}");
        }

        nint address = Libc.Mmap(0, code.Length, Libc.ProtRead | Libc.ProtExec, Libc.MapPrivate, file, 0);
        return address != Libc.MapFailed ? address : throw Refused("mmap(PROT_READ | PROT_EXEC) of a memfd");
    }

    private static ExecutableMemoryException Refused(string step) =>
        new($"the system refuses executable memory: {Libc.LastError(step).Message}");
}
