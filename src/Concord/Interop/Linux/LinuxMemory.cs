using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

/// <summary>
/// Private memory on Linux: one anonymous mapping, never of huge pages, not inherited by children and left out of
/// dumps.
/// </summary>
internal static class LinuxMemory
{
    /// <summary>Reserves address space.</summary>
    /// <param name="length">Bytes; whole pages.</param>
    /// <param name="isClosed">Whether a touch is a fault until <see cref="TryPermit"/>.</param>
    internal static nint Reserve(long length, bool isClosed)
    {
        nint address = Libc.Mmap(
            0, (nint)length, isClosed ? Libc.ProtNone : Libc.ProtRead | Libc.ProtWrite,
            Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve, -1, 0);
        if (address == Libc.MapFailed)
            throw new OutOfMemoryException($"cannot reserve {length} bytes of address space");

        // A huge page would have memory that no mask accounts for. Kernels without them refuse the advice.
        _ = Libc.Madvise(address, (nint)length, Libc.MadvNoHugePage);
        try
        {
            KeepToItself(address, length);
            return address;
        }
        catch
        {
            // Unmap without a check: the caller gets the first error, and address space
            // that cannot be unmapped is lost.
            _ = Libc.Munmap(address, (nint)length);
            throw;
        }
    }

    /// <summary>Keeps a mapping from children, and out of dumps by the kernel and by debuggers that ask.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses.</exception>
    internal static void KeepToItself(nint address, long length)
    {
        if (Libc.Madvise(address, (nint)length, Libc.MadvDontFork) != 0)
        {
            throw new OutOfMemoryException(Libc.LastError("keep memory from children").Message);
        }

        _ = Libc.Madvise(address, (nint)length, Libc.MadvDontDump);
    }

    /// <summary>Permits or denies access to a part of a reservation.</summary>
    /// <returns>False if the system has no further mapping, or no memory to commit; the part is as it was.</returns>
    internal static bool TryPermit(nint address, long length, bool isOpen) =>
        Libc.Mprotect(address, (nint)length, isOpen ? Libc.ProtRead | Libc.ProtWrite : Libc.ProtNone) == 0;

    /// <summary>
    /// Removes a mapping's translations, and with them memory that no other mapping shows. Also where the process has
    /// locked it (mlock, mlockall): the memory is the cache's own, so a lock is no reason to keep it.
    /// </summary>
    internal static bool TryForget(nint address, long length)
    {
        if (Libc.Madvise(address, (nint)length, Libc.MadvDontNeed) == 0) return true;
        if (Marshal.GetLastPInvokeError() != ErrorNumber.InvalidArgument) return false;
        if (Libc.Madvise(address, (nint)length, Libc.MadvDontNeedLocked) == 0) return true;
        return Libc.Munlock(address, (nint)length) == 0 && Libc.Madvise(address, (nint)length, Libc.MadvDontNeed) == 0;
    }

    internal static void GiveBack(nint address, long length)
    {
        if (!TryForget(address, length)) throw Libc.LastError("give memory back");
    }

    internal static void Release(nint address, long length)
    {
        if (Libc.Munmap(address, (nint)length) != 0) throw Libc.LastError("release address space");
    }
}
