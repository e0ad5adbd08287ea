using System.Runtime.InteropServices;
using System.Text;
using Concord.Measuring.Interop.Linux;
using Concord.Measuring.Interop.MacOs;
using Microsoft.Win32.SafeHandles;

namespace Concord.Measuring.Interop;

/// <summary>Makes folders that only this program's user can use.</summary>
internal static unsafe class PrivateFolder
{
    private const string Chosen = "XXXXXX";

    /// <summary>Only the owner may list, enter and change it: 0700.</summary>
    private const int OwnerOnly = 0x1C0;

    /// <summary>
    /// Makes a folder in <paramref name="parent"/> under an unused and unpredictable name, which only this user may
    /// enter. It is never an existing folder.
    /// </summary>
    /// <param name="parent">The parent directory; other users may have the right to write there.</param>
    /// <param name="prefix">How its name begins.</param>
    /// <param name="held">
    /// The folder itself, opened without following a link, where the system reaches files through that; otherwise null.
    /// </param>
    /// <returns>Its path.</returns>
    /// <exception cref="IOException">The system refused, or something else was put in its place.</exception>
    internal static string Make(string parent, string prefix, out SafeFileHandle? held)
    {
        held = null;
        if (OperatingSystem.IsWindows()) return MakeUnderRandomName(parent, prefix);
        byte[] path = Encoding.UTF8.GetBytes(Path.Combine(parent, prefix + Chosen) + '\0');
        fixed (byte* template = path)
        {
            byte* made = OperatingSystem.IsLinux() ? Libc.Mkdtemp(template) : LibSystem.Mkdtemp(template);
            if (made is null) throw Refused($"make a folder in {parent}");
            string name = Encoding.UTF8.GetString(path.AsSpan()[..^1]);
            if (OperatingSystem.IsLinux()) held = Hold(template, name);
            return name;
        }
    }

    private static SafeFileHandle Hold(byte* path, string name)
    {
        int descriptor = Libc.OpenFolder(path);
        if (descriptor < 0) throw Refused($"open {name}, just made");
        var held = new SafeFileHandle(descriptor, ownsHandle: true);
        if (Libc.TryStatus(descriptor, out Libc.OwnerStatus status) && status.Owner == Libc.Geteuid()
            && status.Rights == OwnerOnly)
            return held;
        held.Dispose();
        throw new IOException($"{name}, just made, is another folder by now: somebody else renames folders there");
    }

    /// <summary>Makes a folder with an unpredictable name; it has the rights that the parent gives.</summary>
    private static string MakeUnderRandomName(string parent, string prefix)
    {
        string path = Path.Combine(parent, $"{prefix}{Guid.NewGuid():N}");
        return Directory.CreateDirectory(path).FullName;
    }

    private static IOException Refused(string action)
    {
        int error = Marshal.GetLastPInvokeError();
        return new IOException($"cannot {action}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error})", error);
    }
}
