using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// Memory with a descriptor (a memfd): mapped any number of times, in this process and in others, and punched out
/// of all of them at once. Closed on exec, never of huge pages, not inherited by children.
/// </summary>
internal sealed class SharedMemory : IDisposable
{
    private readonly SafeFileHandle _descriptor;

    private SharedMemory(SafeFileHandle descriptor) => _descriptor = descriptor;

    /// <summary>What is missing for such memory on this system, or null.</summary>
    internal static string? UnsupportedReason { get; } = OperatingSystem.IsLinux() ? null : "memfd_create exists on Linux only";

    internal static bool IsSupported => UnsupportedReason is null;

    internal static SharedMemory Create(string name)
    {
        var descriptor = Libc.MemfdCreate(name, Libc.MfdCloseOnExec);
        return !descriptor.IsInvalid ? new SharedMemory(descriptor) : throw Libc.LastError("make shared memory");
    }

    internal void GrowTo(long length)
    {
        if (Libc.Ftruncate(_descriptor, length) != 0) throw Libc.LastError($"grow shared memory to {length} bytes");
    }

    internal nint Map(long start, long length)
    {
        nint address = Libc.Mmap(
            0, (nint)length, Libc.ProtRead | Libc.ProtWrite, Libc.MapShared | Libc.MapNoReserve, _descriptor, start);
        if (address == Libc.MapFailed) throw new OutOfMemoryException($"cannot map {length} bytes of shared memory");
        _ = Libc.Madvise(address, (nint)length, Libc.MadvNoHugePage);
        if (Libc.Madvise(address, (nint)length, Libc.MadvDontFork) != 0) throw Libc.LastError("keep shared memory from children");
        return address;
    }

    internal void Unmap(nint address, long length)
    {
        if (Libc.Munmap(address, (nint)length) != 0) throw Libc.LastError("unmap shared memory");
    }

    /// <summary>Takes a mapping's translations away; the memory stays.</summary>
    internal void Forget(nint address, long length)
    {
        if (Libc.Madvise(address, (nint)length, Libc.MadvDontNeed) != 0) throw Libc.LastError("drop translations");
    }

    /// <summary>Gives memory back, out of every mapping; touched again, it is zeros.</summary>
    internal void Punch(long start, long length)
    {
        if (Libc.Fallocate(_descriptor, Libc.FallocKeepSize | Libc.FallocPunchHole, start, length) != 0)
        {
            throw Libc.LastError($"give back {length} bytes of shared memory");
        }
    }

    public void Dispose() => _descriptor.Dispose();
}
