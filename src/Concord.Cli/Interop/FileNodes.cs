using System.Runtime.InteropServices;
using Concord.Cli.Files;
using Concord.Cli.Interop.Linux;
using Concord.Interop.Linux;
using Libc = Concord.Cli.Interop.Linux.Libc;

namespace Concord.Cli.Interop;

/// <summary>Reads from the file system what a path names.</summary>
internal static unsafe class FileNodes
{
    private const int NoSuchFile = 2, PermissionDenied = 13, NotADirectory = 20, TooManyLinks = 40;
    private const int KindMask = 0xF000, RegularKind = 0x8000, DirectoryKind = 0x4000, LinkKind = 0xA000;
    private const int BlockKind = 0x6000;

    /// <summary>Reads what <paramref name="path"/> names.</summary>
    /// <param name="path">Any path.</param>
    /// <param name="follow">Whether to follow a symbolic link.</param>
    /// <exception cref="FileNotFoundException">There is nothing of that name.</exception>
    /// <exception cref="IOException">It cannot be asked.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be searched.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    internal static FileNode Read(string path, bool follow)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("files of the system's cache can be asked on Linux only");
        }

        fixed (byte* bytes = PathBytes.Encode(path))
        {
            return Read(Libc.AtCurrentDirectory, bytes, follow ? 0 : Libc.AtSymbolicLinkNoFollow);
        }
    }

    /// <summary>Reads what a descriptor has open.</summary>
    /// <exception cref="IOException">It cannot be asked.</exception>
    internal static FileNode Read(int descriptor)
    {
        byte empty = 0;
        return Read(descriptor, &empty, Libc.AtEmptyPath);
    }

    /// <summary>An exception for the last failed import on this thread.</summary>
    /// <param name="action">The attempt.</param>
    internal static Exception Failure(string action) => Marshal.GetLastPInvokeError() switch
    {
        NoSuchFile or NotADirectory => new FileNotFoundException("there is no such file; check the path"),
        PermissionDenied =>
            new UnauthorizedAccessException("a directory on the way may not be searched; run as a user who may"),
        TooManyLinks => new IOException(
            "its symbolic links go round in a circle; name the file itself", TooManyLinks),
        _ => Libc.LastError(action),
    };

    /// <summary>Whether it was a link that leads nowhere, or round in a circle.</summary>
    internal static bool LeadsNowhere(Exception failure) =>
        failure is FileNotFoundException or IOException { HResult: TooManyLinks };

    private static FileNode Read(int directory, byte* path, int flags)
    {
        StatxRecord record;
        if (Libc.Statx(directory, path, flags, Libc.StatxBasic, &record) != 0) throw Failure("ask what the path names");
        return new FileNode(
            KindOf(record.Mode),
            ((ulong)record.DeviceMajor << 32) | record.DeviceMinor,
            record.Inode,
            record.Links,
            record.Length);
    }

    private static FileKind KindOf(ushort mode) => (mode & KindMask) switch
    {
        RegularKind => FileKind.Regular,
        DirectoryKind => FileKind.Directory,
        LinkKind => FileKind.SymbolicLink,
        BlockKind => FileKind.BlockDevice,
        _ => FileKind.Special,
    };
}
