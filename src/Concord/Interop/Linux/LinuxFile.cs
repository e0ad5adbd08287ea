using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

/// <summary>What Linux says of a file, and how it makes one durable.</summary>
internal static unsafe class LinuxFile
{
    // Offsets in struct statx, as the kernel's interface fixes them for every processor.
    private const int ModeAt = 28, InodeAt = 32, DeviceMajorAt = 136, DeviceMinorAt = 140;

    // The kinds of files, in the bits of the mode that hold them.
    private const int KindMask = 0xF000, RegularFile = 0x8000, Directory = 0x4000;

    /// <summary>The number that stands for "relative to the working directory" where a descriptor is expected.</summary>
    private static readonly SafeFileHandle WorkingDirectory = new(-100, ownsHandle: false);

    internal static bool TryIdentify(SafeFileHandle handle, out ulong device, out ulong number)
    {
        byte* result = stackalloc byte[Libc.StatxBytes];
        bool known = Libc.Statx(handle, "", Libc.AtEmptyPath, Libc.StatxInode, result) == 0;
        var fields = new ReadOnlySpan<byte>(result, Libc.StatxBytes);
        number = known ? BitConverter.ToUInt64(fields[InodeAt..]) : 0;
        device = known ? ((ulong)BitConverter.ToUInt32(fields[DeviceMajorAt..]) << 32) | BitConverter.ToUInt32(fields[DeviceMinorAt..]) : 0;
        return known;
    }

    /// <summary>
    /// Whether a path leads to something that is neither a file with contents nor a directory: opening a pipe can
    /// wait for ever, and opening a device can do anything. False where there is nothing, or nothing can be seen.
    /// </summary>
    internal static bool IsPipeOrDevice(string path)
    {
        byte* result = stackalloc byte[Libc.StatxBytes];
        if (Libc.Statx(WorkingDirectory, path, 0, Libc.StatxType, result) != 0) return false;
        return (BitConverter.ToUInt16(new ReadOnlySpan<byte>(result + ModeAt, sizeof(ushort))) & KindMask) is not (RegularFile or Directory);
    }

    /// <summary>
    /// fdatasync, with every error told: a file system that has stopped itself after an error answers EROFS, which
    /// .NET's own call takes for "nothing to do".
    /// </summary>
    internal static void Flush(SafeFileHandle handle, string path)
    {
        while (Libc.Fdatasync(handle) != 0)
        {
            if (Marshal.GetLastPInvokeError() != ErrorNumber.Interrupted) throw Libc.LastError($"make {path} durable");
        }
    }

    /// <summary>
    /// Makes the name of a file durable, by its directory; where that may not be opened, by the whole file system.
    /// </summary>
    internal static void FlushName(SafeFileHandle handle, string directory, string path)
    {
        using var opened = Libc.Open(directory, Libc.OpenReadOnly | Libc.OpenNonBlocking | Libc.OpenCloseOnExec);

        if (!opened.IsInvalid)
        {
            if (Libc.Fsync(opened) == 0) return;
            if (Marshal.GetLastPInvokeError() != ErrorNumber.InvalidArgument) throw Libc.LastError($"make the name of {path} durable");
        }

        // A directory that may not be read, or a file system whose directories have no such call.
        if (Libc.Syncfs(handle) != 0) throw Libc.LastError($"make the name of {path} durable");
    }
}
