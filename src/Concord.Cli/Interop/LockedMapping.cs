using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;
using Libc = Concord.Cli.Interop.Linux.Libc;

namespace Concord.Cli.Interop;

/// <summary>Pages of a file that are mapped and kept in memory. Nothing reads the mapping.</summary>
internal sealed class LockedMapping : IDisposable
{
    private nint _address;
    private readonly nint _length;

    private LockedMapping(nint address, nint length)
    {
        _address = address;
        _length = length;
    }

    /// <summary>Loads pages of a file, and keeps them until this is disposed.</summary>
    /// <param name="path">The file.</param>
    /// <param name="pages">Whole pages of it, at least one.</param>
    /// <exception cref="IOException">It cannot be opened, mapped or locked.</exception>
    internal static LockedMapping Make(string path, ByteRange pages)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("pages are locked on Linux only");
        const int Flags = Concord.Interop.Linux.Libc.OpenReadOnly | Concord.Interop.Linux.Libc.OpenCloseOnExec
            | Concord.Interop.Linux.Libc.OpenNonBlocking;
        using FileDescriptor opened = Concord.Interop.Linux.Libc.Open(path, Flags);
        if (opened.IsInvalid) throw Libc.LastError("open it");
        using var file = new SafeFileHandle(opened.DangerousGetHandle(), ownsHandle: false);
        var length = (nint)pages.Length;
        nint address = Libc.Map(0, length, Libc.ProtectionRead, Libc.MapShared, file, pages.Offset);
        if (address == Libc.MapFailed) throw Libc.LastError("map it");
        var mapping = new LockedMapping(address, length);
        if (Libc.LockMemory(address, length) == 0) return mapping;
        IOException refused = Libc.LastError("lock its pages");
        mapping.Dispose();
        throw refused;
    }

    /// <summary>Lets the pages go. Idempotent.</summary>
    public void Dispose()
    {
        if (_address != 0 && Libc.Unmap(_address, _length) != 0) throw Libc.LastError("let pages go");
        _address = 0;
    }
}
