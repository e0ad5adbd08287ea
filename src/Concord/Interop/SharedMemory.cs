using System.Runtime.InteropServices;
using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// Memory with a descriptor (a memfd): it can be mapped any number of times, in this process and in others, and punched
/// out of all mappings at once. It is closed on exec, has huge pages only where requested, is not inherited by children
/// and is left out of dumps.
/// </summary>
internal sealed class SharedMemory : IDisposable
{
    private readonly SafeFileHandle _descriptor;

    /// <summary>The descriptor, for other processes to map.</summary>
    internal SafeFileHandle Descriptor => _descriptor;

    private SharedMemory(SafeFileHandle descriptor) => _descriptor = descriptor;

    /// <summary>What this system lacks for such memory, or null.</summary>
    internal static string? UnsupportedReason { get; } = OperatingSystem.IsLinux()
        ? null : "memfd_create exists on Linux only";

    internal static bool IsSupported => UnsupportedReason is null;

    /// <summary>Bytes that have memory, whatever code has touched them.</summary>
    internal long PresentBytes =>
        Libc.Statx(_descriptor, "", Libc.AtEmptyPath, Libc.StatxWanted, out var status) == 0
            ? status.AllocatedBytes
            : throw Libc.LastError("ask how much shared memory is in use");

    /// <exception cref="OutOfMemoryException">There is no descriptor or no memory for it left.</exception>
    /// <exception cref="PlatformNotSupportedException">The system refuses such memory to this process.</exception>
    internal static SharedMemory Create(string name)
    {
        var descriptor = Libc.MemfdCreate(name, Libc.MfdCloseOnExec);
        if (!descriptor.IsInvalid) return new SharedMemory(descriptor);
        int error = Marshal.GetLastPInvokeError();
        string why = $"cannot make shared memory: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})";
        throw error is ErrorNumber.NoDescriptor or ErrorNumber.NoDescriptorInSystem or ErrorNumber.NoMemory
            ? new OutOfMemoryException(why)
            : new PlatformNotSupportedException(why);
    }

    /// <exception cref="OutOfMemoryException">The system has no shared memory that long.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// The process may not make files that long (ulimit -f).
    /// </exception>
    internal void GrowTo(long length)
    {
        // Check the limit first: beyond it the system does not only refuse, it ends the process with a signal.
        if (Libc.Getrlimit(Libc.LimitFileSize, out var limit) == 0 && limit.Soft < (ulong)length)
        {
            throw new PlatformNotSupportedException(
                $"shared memory of {length} bytes is beyond the limit of file sizes (ulimit -f): {limit.Soft} bytes");
        }

        if (Libc.Ftruncate(_descriptor, length) == 0) return;
        throw new OutOfMemoryException(Libc.LastError($"grow shared memory to {length} bytes").Message);
    }

    /// <summary>Maps a range for reading and writing.</summary>
    internal nint Map(long start, long length)
    {
        nint address = MapClosed(start, length);
        if (VirtualMemory.TryPermit(address, length, isOpen: true)) return address;
        Unmap(address, length);
        throw new OutOfMemoryException($"cannot map {length} bytes of shared memory");
    }

    /// <summary>
    /// Maps a range without access, at an address that is a multiple of the huge page size, so that the mapping can use
    /// huge pages of the memory.
    /// </summary>
    internal nint MapForHugePages(long start, long length)
    {
        // Reserve enough address space for an aligned start, and map the memory over a part of the reservation.
        long spare = HugePages.Bytes;
        nint reserved = Libc.Mmap(
            0, (nint)(length + spare), Libc.ProtNone, Libc.MapPrivate | Libc.MapAnonymous | Libc.MapNoReserve, -1, 0);
        if (reserved == Libc.MapFailed)
            throw new OutOfMemoryException($"cannot reserve {length + spare} bytes of address space");
        nint address = (nint)((reserved + spare - 1) / spare * spare);
        nint mapped = Libc.Mmap(
            address, (nint)length, Libc.ProtNone, Libc.MapShared | Libc.MapNoReserve | Libc.MapFixed, _descriptor,
            start);
        if (mapped == Libc.MapFailed)
        {
            Unmap(reserved, length + spare);
            throw new OutOfMemoryException($"cannot map {length} bytes of shared memory");
        }

        // Release the reservation in front of the mapping and behind it.
        if (address > reserved) Unmap(reserved, address - reserved);
        if (reserved + spare > address) Unmap(address + (nint)length, reserved + (nint)spare - address);
        return Finish(address, length);
    }

    /// <summary>Maps a range without access.</summary>
    /// <param name="start">The first byte; a page's.</param>
    /// <param name="length">Whole pages.</param>
    /// <param name="isPrivate">Whether a page that is written there becomes private to the mapping.</param>
    internal nint MapClosed(long start, long length, bool isPrivate = false)
    {
        nint address = Libc.Mmap(
            0, (nint)length, Libc.ProtNone, (isPrivate ? Libc.MapPrivate : Libc.MapShared) | Libc.MapNoReserve,
            _descriptor, start);
        return address != Libc.MapFailed
            ? Finish(address, length)
            : throw new OutOfMemoryException($"cannot map {length} bytes of shared memory");
    }

    /// <summary>
    /// Sets up a new mapping: a touch makes no huge page under any policy of the system, since no mask would account
    /// for its other pages.
    /// </summary>
    private nint Finish(nint address, long length)
    {
        try
        {
            _ = Libc.Madvise(address, (nint)length, Libc.MadvNoHugePage);
            LinuxMemory.KeepToItself(address, length);
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

    /// <summary>Sets what may be done at a view's addresses.</summary>
    /// <remarks>
    /// Where writing is permitted, reading is not requested: processors permit it as well, but a dump, which reads as
    /// another process, is refused. At an absent page a dump would wait for a thread that it has stopped.
    /// </remarks>
    internal static void Permit(nint address, long length, bool canRead, bool canWrite)
    {
        int protection = canWrite ? Libc.ProtWrite : canRead ? Libc.ProtRead : Libc.ProtNone;
        if (Libc.Mprotect(address, (nint)length, protection) != 0) throw Libc.LastError("set the access of a view");
    }

    /// <summary>Removes a view's translations; the memory stays.</summary>
    /// <returns>False if pages of it are locked in memory; other translations may be gone.</returns>
    internal static bool TryForget(nint address, long length) =>
        Libc.Madvise(address, (nint)length, Libc.MadvDontNeed) == 0;

    /// <summary>
    /// Whether no page of a mapping is locked in memory. Gives advice that locked pages refuse, and that changes
    /// nothing.
    /// </summary>
    internal static bool IsUnlocked(nint address, long length) =>
        Libc.Madvise(address, (nint)length, Libc.MadvCold) == 0;

    /// <summary>Gives a mapping translations for present pages; waits for absent ones.</summary>
    internal static void Populate(nint address, long length)
    {
        if (Libc.Madvise(address, (nint)length, Libc.MadvPopulateRead) != 0) ForeignMemory.Touch(address, (nint)length);
    }

    /// <summary>Writes to the standard error stream, past every lock and buffer of this process.</summary>
    internal static unsafe void Complain(ReadOnlySpan<byte> line)
    {
        fixed (byte* first = line) _ = Libc.Write(Libc.StandardError, first, (nuint)line.Length);
    }

    internal void Unmap(nint address, long length)
    {
        if (Libc.Munmap(address, (nint)length) != 0) throw Libc.LastError("unmap shared memory");
    }

    /// <summary>Removes translations of the cache's own mappings, also of locked pages; the memory stays.</summary>
    internal static bool TryForgetOwn(nint address, long length) => LinuxMemory.TryForget(address, length);

    /// <summary>Gives memory back, out of every mapping; touched again, it is zeros.</summary>
    /// <param name="start">The first byte; a page's.</param>
    /// <param name="length">Whole pages.</param>
    /// <param name="mapped">
    /// Where a mapping shows the first byte, for systems that refuse a hole in the file itself; 0 for none.
    /// </param>
    internal void Punch(long start, long length, nint mapped = 0)
    {
        if (Libc.Fallocate(_descriptor, Libc.FallocKeepSize | Libc.FallocPunchHole, start, length) == 0) return;
        if (mapped != 0 && Libc.Madvise(mapped, (nint)length, Libc.MadvRemove) == 0) return;
        throw Libc.LastError($"give back {length} bytes of shared memory");
    }

    /// <summary>The next run of bytes that have memory, as the system reports it.</summary>
    /// <param name="start">Where to look from.</param>
    /// <param name="end">Where to stop.</param>
    /// <returns>Null where there is none before <paramref name="end"/>.</returns>
    internal (long Start, long End)? FindPresent(long start, long end)
    {
        long first = Libc.Lseek(_descriptor, start, Libc.SeekData);
        if (first < 0)
        {
            return Marshal.GetLastPInvokeError() == ErrorNumber.NoDeviceOrAddress
                ? null : throw Libc.LastError("ask which shared memory is in use");
        }

        if (first >= end) return null;
        long behind = Libc.Lseek(_descriptor, first, Libc.SeekHole);
        return behind > first
            ? (first, Math.Min(behind, end))
            : throw Libc.LastError("ask which shared memory is in use");
    }

    public void Dispose() => _descriptor.Dispose();
}
