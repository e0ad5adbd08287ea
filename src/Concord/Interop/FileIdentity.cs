using Concord.Interop.Linux;
using Concord.Interop.MacOs;
using Concord.Interop.Windows;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>The identity of a file: equal for two paths to one file.</summary>
/// <param name="Device">Its device, or 0 if the system does not report it.</param>
/// <param name="Number">Its number on that device, or 0.</param>
/// <param name="Path">Its full path, where the system tells no number; otherwise null.</param>
internal sealed record FileIdentity(ulong Device, UInt128 Number, string? Path)
{
    /// <summary>
    /// What a path leads to, without opening it; null where the system does not say. It may be another file by the time
    /// that it is opened.
    /// </summary>
    internal static FileIdentity? OfPath(string path)
    {
        if (!OperatingSystem.IsLinux()) return null;
        using var place = Libc.Open(path, Libc.OpenPath | Libc.OpenCloseOnExec);
        return !place.IsInvalid && Libc.Statx(place, "", Libc.AtEmptyPath, Libc.StatxWanted, out var status) == 0
            ? new FileIdentity(status.Device, status.Number, null)
            : null;
    }

    internal static FileIdentity Of(SafeFileHandle handle, string path)
    {
        if (OperatingSystem.IsLinux() && LinuxFile.TryIdentify(handle, out ulong device, out ulong inode))
        {
            return new FileIdentity(device, inode, null);
        }

        if (OperatingSystem.IsMacOS() && MacOsFile.TryIdentify(handle, out device, out inode))
        {
            return new FileIdentity(device, inode, null);
        }

        return OperatingSystem.IsWindows() && WindowsFile.TryIdentify(handle, out device, out UInt128 number)
            ? new FileIdentity(device, number, null)
            : new FileIdentity(0, 0, path);
    }
}
