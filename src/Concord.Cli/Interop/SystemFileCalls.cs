using Concord.Cli.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Cli.Interop;

/// <summary>
/// A file as programs read and write it today: by the system's own calls where they can be called directly, by .NET's
/// elsewhere.
/// </summary>
internal sealed unsafe class SystemFileCalls : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly nint _descriptor;
    private readonly bool _isDirect = OperatingSystem.IsLinux();

    internal SystemFileCalls(string path, FileMode mode, FileAccess access)
    {
        _file = File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);
        _descriptor = _file.DangerousGetHandle();
    }

    /// <summary>The name of a read in tables.</summary>
    internal static string ReadName => OperatingSystem.IsLinux() ? "pread" : "RandomAccess.Read";

    /// <summary>The name of a write in tables.</summary>
    internal static string WriteName => OperatingSystem.IsLinux() ? "pwrite" : "RandomAccess.Write";

    /// <summary>The name of a flush in tables.</summary>
    internal static string FlushName => OperatingSystem.IsLinux() ? "fdatasync" : "FlushToDisk";

    /// <summary>Whether the system can be asked to drop a file from its cache.</summary>
    internal static bool CanDrop => OperatingSystem.IsLinux();

    /// <summary>Reads all of the bytes. POSIX: pread.</summary>
    /// <exception cref="IOException">They could not be read.</exception>
    internal void Read(long offset, Span<byte> destination)
    {
        nint count;
        if (_isDirect)
        {
            fixed (byte* first = destination) count = Libc.ReadAt(_descriptor, first, destination.Length, offset);
            if (count < 0) throw Libc.LastError("read the file");
        }
        else
        {
            count = RandomAccess.Read(_file, destination, offset);
        }

        if (count != destination.Length) throw new IOException("the file ended earlier than it did before");
    }

    /// <summary>Writes all of the bytes. POSIX: pwrite.</summary>
    /// <exception cref="IOException">They could not be written.</exception>
    internal void Write(long offset, ReadOnlySpan<byte> source)
    {
        if (!_isDirect)
        {
            RandomAccess.Write(_file, source, offset);
            return;
        }

        fixed (byte* first = source)
        {
            nint count = Libc.WriteAt(_descriptor, first, source.Length, offset);
            if (count != source.Length)
                throw count < 0
                    ? Libc.LastError("write the file")
                    : new IOException("the disk took a part of the bytes only");
        }
    }

    /// <summary>Makes the file durable. POSIX: fdatasync.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal void Flush()
    {
        if (!_isDirect) RandomAccess.FlushToDisk(_file);
        else if (Libc.FlushData(_file) != 0) throw Libc.LastError("flush the file");
    }

    /// <summary>Asks the system to drop the file from its cache. POSIX: posix_fadvise.</summary>
    /// <exception cref="IOException">The system refused.</exception>
    internal void Drop()
    {
        int error = SystemPurge.Drop(_file);
        if (error != 0) throw new IOException($"cannot drop the file from the system's cache: error {error}");
    }

    public void Dispose() => _file.Dispose();
}
