using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>What a file is, however it was opened: two paths to one file are equal here.</summary>
/// <param name="Device">The device it lives on, or 0 where the system does not say.</param>
/// <param name="Number">Its number on that device, or 0.</param>
/// <param name="Path">Its full path, where the system does not say more.</param>
internal sealed record FileIdentity(ulong Device, ulong Number, string? Path)
{
    internal static FileIdentity Of(SafeFileHandle handle, string path) =>
        OperatingSystem.IsLinux() && LinuxFile.TryIdentify(handle, out ulong device, out ulong number)
            ? new FileIdentity(device, number, null)
            : new FileIdentity(0, 0, path);
}
