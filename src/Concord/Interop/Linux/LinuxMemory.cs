namespace Concord.Interop.Linux;

/// <summary>Private memory on Linux: one anonymous mapping, never of huge pages, not inherited by children.</summary>
internal static class LinuxMemory
{
    internal static nint Reserve(long length)
    {
        nint address = Libc.Mmap(
            0, (nint)length, Libc.ProtRead | Libc.ProtWrite,
            Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve, -1, 0);
        if (address == Libc.MapFailed) throw new OutOfMemoryException($"cannot reserve {length} bytes of address space");

        // A huge page would make memory appear that no mask knows of. Kernels without them refuse the advice.
        _ = Libc.Madvise(address, (nint)length, Libc.MadvNoHugePage);
        if (Libc.Madvise(address, (nint)length, Libc.MadvDontFork) != 0) throw Libc.LastError("keep private memory from children");
        return address;
    }

    internal static void GiveBack(nint address, long length)
    {
        if (Libc.Madvise(address, (nint)length, Libc.MadvDontNeed) != 0) throw Libc.LastError("give memory back");
    }

    internal static void Release(nint address, long length)
    {
        if (Libc.Munmap(address, (nint)length) != 0) throw Libc.LastError("release address space");
    }
}
