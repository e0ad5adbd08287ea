using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

/// <summary>Queries of a file on Linux, and the calls that make it durable.</summary>
internal static class LinuxFile
{
    private const long Tmpfs = 0x01021994, Ramfs = 0x858458F6;

    internal static bool TryIdentify(SafeFileHandle handle, out ulong device, out ulong number)
    {
        bool known = Libc.Statx(handle, "", Libc.AtEmptyPath, Libc.StatxWanted, out var status) == 0;
        (device, number) = (status.Device, status.Number);
        return known;
    }

    /// <summary>When a file was made, in nanoseconds; 0 if the system does not report it.</summary>
    internal static long BirthOf(SafeFileHandle handle) =>
        Libc.Statx(handle, "", Libc.AtEmptyPath, Libc.StatxBirth, out var status) == 0 ? status.Birth : 0;

    /// <summary>
    /// Whether a path leads to something that is neither a file with contents nor a directory: opening a pipe can wait
    /// for ever, and opening a device can do anything. False if nothing is there, or the process may not look.
    /// </summary>
    internal static bool IsPipeOrDevice(string path) =>
        Libc.Statx(Libc.AtCurrentDirectory, path, 0, Libc.StatxWanted, out var status) == 0
        && status is { IsRegularFile: false, IsDirectory: false };

    /// <summary>
    /// fdatasync, with every error reported: a file system that has stopped itself after an error returns EROFS, which
    /// .NET's own call treats as "nothing to do".
    /// </summary>
    internal static void Flush(SafeFileHandle handle, string path)
    {
        while (Libc.Fdatasync(handle) != 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrorNumber.Interrupted) throw Libc.LastError($"make {path} durable");
        }
    }

    /// <summary>
    /// Has the system begin to write a range of its cache to the disk. The next flush reports what fails.
    /// </summary>
    internal static void BeginFlush(SafeFileHandle handle, long offset, long length) =>
        _ = Libc.SyncFileRange(handle, offset, length, Libc.SyncFileRangeWrite);

    /// <summary>Asks the system to drop its clean pages of a range.</summary>
    internal static void Drop(SafeFileHandle file, long offset, long length) =>
        _ = Libc.PosixFadvise(file, offset, length, Libc.FadviseDontNeed);

    /// <summary>
    /// Which pages of a range are in the system's cache; null where the file cannot be mapped or the call fails.
    /// </summary>
    internal static unsafe bool[]? Resident(SafeFileHandle file, long offset, int count)
    {
        byte[] answers = new byte[count];
        long length = (long)count * Environment.SystemPageSize;
        using FileMapping mapping = new(file, offset, length);
        if (!mapping.IsMapped) return null;
        fixed (byte* first = answers)
        {
            if (count > 0 && Libc.Mincore(mapping.Address, (nint)length, first) != 0) return null;
        }

        // Bit 0 is the answer; the other bits are undefined.
        return Array.ConvertAll(answers, static answer => (answer & 1) != 0);
    }

    /// <summary>
    /// The alignment of direct I/O on the file; 0 if the file has none; null if the file system does not report it.
    /// </summary>
    internal static (int Offset, int Memory)? DirectAlignment(SafeFileHandle handle) =>
        Libc.Statx(handle, "", Libc.AtEmptyPath, Libc.StatxWanted | Libc.StatxDirectAlignment, out var status) == 0
            && status.SaysDirectAlignment
            ? ((int)status.DirectOffsetAlignment, (int)status.DirectMemoryAlignment)
            : null;

    /// <summary>
    /// Whether the file's pages are the file itself: such a file system accepts the flag of direct I/O and ignores it.
    /// </summary>
    internal static bool IsMemory(SafeFileHandle handle) =>
        Libc.Fstatfs(handle, out var status) == 0 && status.Type is (Tmpfs or Ramfs);

    /// <summary>
    /// Opens the file of a descriptor once more, for direct I/O: by the descriptor and not by the path, which may lead
    /// to another file by now. Returns null and the reason if the system refuses.
    /// </summary>
    internal static FileDescriptor? OpenDirect(SafeFileHandle handle, bool canWrite, out string? refusal)
    {
        refusal = null;
        int flags = (canWrite ? Libc.OpenReadWrite : Libc.OpenReadOnly) | Libc.OpenDirect | Libc.OpenCloseOnExec
            | Libc.OpenNonBlocking;
        using var use = new HandleUse(handle);
        var descriptor = Libc.Open($"/proc/self/fd/{use.Value}", flags);
        if (!descriptor.IsInvalid) return descriptor;
        refusal = Libc.LastError("open it for direct I/O").Message;
        return null;
    }

    /// <summary>
    /// Opens the file of a descriptor once more, only to keep it open: meanwhile its number is not given to another
    /// file. Returns an invalid descriptor if the system refuses.
    /// </summary>
    internal static FileDescriptor OpenAgain(SafeFileHandle handle)
    {
        using var use = new HandleUse(handle);
        return Libc.Open($"/proc/self/fd/{use.Value}", Libc.OpenReadOnly | Libc.OpenCloseOnExec | Libc.OpenNonBlocking);
    }

    /// <summary>
    /// Makes the name of a file durable, by its directory; if that may not be opened, by the whole file system.
    /// </summary>
    internal static void FlushName(SafeFileHandle handle, string directory, string path)
    {
        using var opened = Libc.Open(directory, Libc.OpenReadOnly | Libc.OpenNonBlocking | Libc.OpenCloseOnExec);

        if (!opened.IsInvalid)
        {
            while (Libc.Fsync(opened) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error == ErrorNumber.Interrupted) continue;
                if (error != ErrorNumber.InvalidArgument) throw Libc.LastError($"make the name of {path} durable");
                FlushFileSystem(handle, path);
                return;
            }

            return;
        }

        FlushFileSystem(handle, path);
    }

    /// <summary>Flushes the file system: for a directory that may not be read, or that has no such call.</summary>
    private static void FlushFileSystem(SafeFileHandle handle, string path)
    {
        while (Libc.Syncfs(handle) != 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrorNumber.Interrupted)
                throw Libc.LastError($"make the name of {path} durable");
        }
    }
}
