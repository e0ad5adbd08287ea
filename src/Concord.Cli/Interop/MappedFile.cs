using Concord.Cli.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Cli.Interop;

/// <summary>A file mapped whole, shared and read-only.</summary>
internal sealed unsafe class MappedFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly nint _length;
    private nint _address;

    private MappedFile(SafeFileHandle file, nint length, nint address)
    {
        _file = file;
        _length = length;
        _address = address;
    }

    /// <exception cref="IOException">The file cannot be opened or mapped.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    internal static MappedFile Open(string path)
    {
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("files are mapped on Linux only");
        SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var length = (nint)RandomAccess.GetLength(file);
        nint address = Libc.Map(0, length, Libc.ProtectionRead, Libc.MapShared, file, 0);
        if (address != Libc.MapFailed) return new MappedFile(file, length, address);
        IOException failure = Libc.LastError($"map {path}");
        file.Dispose();
        throw failure;
    }

    /// <summary>Reads a byte of each page.</summary>
    internal void Touch()
    {
        for (nint offset = 0; offset < _length; offset += Environment.SystemPageSize)
        {
            Volatile.Read(ref *(byte*)(_address + offset));
        }
    }

    /// <summary>Copies bytes out of the mapping.</summary>
    internal void CopyTo(long offset, Span<byte> destination) =>
        new ReadOnlySpan<byte>((byte*)_address + offset, destination.Length).CopyTo(destination);

    /// <summary>Ends the mapping. Idempotent.</summary>
    internal void Unmap()
    {
        if (_address == 0) return;
        if (Libc.Unmap(_address, _length) != 0) throw Libc.LastError("end the mapping");
        _address = 0;
    }

    public void Dispose()
    {
        Unmap();
        _file.Dispose();
    }
}
