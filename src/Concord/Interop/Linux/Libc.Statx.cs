using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    internal const int AtCurrentDirectory = -100, AtEmptyPath = 0x1000;

    /// <summary>Type, mode, number and length (0x1 + 0x2 + 0x100 + 0x200), and the mount's number (0x1000).</summary>
    internal const uint StatxWanted = 0x1303;

    internal const uint StatxType = 0x1, StatxInode = 0x100;
    internal const int StatxBytes = 256;

    /// <summary>What a path or an open descriptor (empty path, <see cref="AtEmptyPath"/>) is.</summary>
    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Statx(int directory, string path, int flags, uint wanted, out FileStatus status);

    /// <summary>What an open descriptor is: <paramref name="path"/> is empty, and <see cref="AtEmptyPath"/> a flag.</summary>
    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Statx(FileDescriptor file, string path, int flags, uint wanted, out FileStatus status);

    /// <summary>What an open handle is; the result is the kernel's structure as raw bytes.</summary>
    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Statx(SafeFileHandle handle, string path, int flags, uint wanted, byte* result);
}
