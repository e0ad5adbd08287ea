using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

/// <summary>What Linux says of an open file.</summary>
internal static unsafe class LinuxFile
{
    // Offsets in struct statx, as the kernel's interface fixes them for every processor.
    private const int InodeAt = 32, DeviceMajorAt = 136, DeviceMinorAt = 140;

    internal static bool TryIdentify(SafeFileHandle handle, out ulong device, out ulong number)
    {
        byte* result = stackalloc byte[Libc.StatxBytes];
        bool known = Libc.Statx(handle, "", Libc.AtEmptyPath, Libc.StatxInode, result) == 0;
        var fields = new ReadOnlySpan<byte>(result, Libc.StatxBytes);
        number = known ? BitConverter.ToUInt64(fields[InodeAt..]) : 0;
        device = known ? ((ulong)BitConverter.ToUInt32(fields[DeviceMajorAt..]) << 32) | BitConverter.ToUInt32(fields[DeviceMinorAt..]) : 0;
        return known;
    }
}
