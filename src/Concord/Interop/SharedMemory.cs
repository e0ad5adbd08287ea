using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// Memory with a descriptor (a memfd): mapped any number of times, in this process and in others, and punched out
/// of all of them at once. Closed on exec, of huge pages only where asked, not inherited by children.
/// </summary>
internal sealed class SharedMemory : IDisposable
{
    private readonly SafeFileHandle _descriptor;

    /// <summary>The descriptor, for other processes to map.</summary>
    internal SafeFileHandle Descriptor => _descriptor;

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

    /// <summary>Maps a range so that a huge page of the memory may be one of the mapping: both begin at multiples of its size.</summary>
    internal nint MapForHugePages(long start, long length)
    {
        long spare = HugePages.Bytes;
        nint reserved = Libc.Mmap(
            0, (nint)(length + spare), Libc.ProtNone, Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve, -1, 0);
        if (reserved == Libc.MapFailed) throw new OutOfMemoryException($"cannot reserve {length + spare} bytes of address space");
        nint address = (nint)((reserved + spare - 1) / spare * spare);
        nint mapped = Libc.Mmap(
            address, (nint)length, Libc.ProtRead | Libc.ProtWrite, Libc.MapShared | Libc.MapNoReserve | Libc.MapFixed, _descriptor, start);
        if (mapped == Libc.MapFailed)
        {
            Unmap(reserved, length + spare);
            throw new OutOfMemoryException($"cannot map {length} bytes of shared memory");
        }

        if (address > reserved) Unmap(reserved, address - reserved);
        if (reserved + spare > address) Unmap(address + (nint)length, reserved + (nint)spare - address);
        if (Libc.Madvise(address, (nint)length, Libc.MadvDontFork) != 0) throw Libc.LastError("keep shared memory from children");
        return address;
    }

    /// <summary>Maps a range for others than the cache, without access as yet.</summary>
    /// <param name="start">The first byte; a page's.</param>
    /// <param name="length">Whole pages.</param>
    /// <param name="isPrivate">Whether a page that is written there becomes the mapping's own.</param>
    internal nint MapClosed(long start, long length, bool isPrivate)
    {
        nint address = Libc.Mmap(
            0, (nint)length, Libc.ProtNone, (isPrivate ? Libc.MapPrivate : Libc.MapShared) | Libc.MapNoReserve, _descriptor, start);
        if (address == Libc.MapFailed) throw new OutOfMemoryException($"cannot map {length} bytes of shared memory");
        _ = Libc.Madvise(address, (nint)length, Libc.MadvNoHugePage);
        if (Libc.Madvise(address, (nint)length, Libc.MadvDontFork) != 0) throw Libc.LastError("keep a view from children");
        return address;
    }

    /// <summary>Sets what may be done at a mapping's addresses.</summary>
    internal static void Permit(nint address, long length, bool canRead, bool canWrite)
    {
        int protection = canWrite ? Libc.ProtRead | Libc.ProtWrite : canRead ? Libc.ProtRead : Libc.ProtNone;
        if (Libc.Mprotect(address, (nint)length, protection) != 0) throw Libc.LastError("set the access of a view");
    }

    /// <summary>Takes a mapping's translations away; the memory stays.</summary>
    /// <returns>False if pages of it are locked in memory; others may be gone.</returns>
    internal static bool TryForget(nint address, long length) => Libc.Madvise(address, (nint)length, Libc.MadvDontNeed) == 0;

    /// <summary>Whether no page of a mapping is locked in memory: advice that such pages refuse, and that changes nothing.</summary>
    internal static bool IsUnlocked(nint address, long length) => Libc.Madvise(address, (nint)length, Libc.MadvCold) == 0;

    /// <summary>Gives a mapping translations for the pages that are there; waits for absent ones.</summary>
    internal static void Populate(nint address, long length) => _ = Libc.Madvise(address, (nint)length, Libc.MadvPopulateRead);

    /// <summary>Says something on the standard error stream, past every lock and buffer of this process.</summary>
    internal static unsafe void Complain(ReadOnlySpan<byte> line)
    {
        fixed (byte* first = line) _ = Libc.Write(Libc.StandardError, first, (nuint)line.Length);
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
