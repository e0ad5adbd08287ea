using System.Runtime.InteropServices;
using System.Text;
using Concord.Cli.Files;
using Concord.Cli.Interop.Linux;

namespace Concord.Cli.Interop;

/// <summary>Asks the file system what a path names.</summary>
internal static unsafe class FileNodes
{
    private const int PathBytesOnStack = 512;
    private const int NoSuchFile = 2, PermissionDenied = 13, NotADirectory = 20, TooManyLinks = 40;
    private const int KindMask = 0xF000, RegularKind = 0x8000, DirectoryKind = 0x4000, LinkKind = 0xA000;

    /// <summary>What <paramref name="path"/> names.</summary>
    /// <param name="path">Any path.</param>
    /// <param name="follow">Whether a symbolic link stands for what it names.</param>
    /// <exception cref="IOException">There is nothing of that name, or it cannot be asked.</exception>
    /// <exception cref="UnauthorizedAccessException">A directory on the way may not be searched.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    internal static FileNode Read(string path, bool follow)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("files of the system's cache can be asked on Linux only");
        }

        int capacity = Encoding.UTF8.GetMaxByteCount(path.Length) + 1;
        Span<byte> bytes = capacity <= PathBytesOnStack ? stackalloc byte[PathBytesOnStack] : new byte[capacity];
        bytes[Encoding.UTF8.GetBytes(path, bytes)] = 0;
        StatxRecord record;
        fixed (byte* first = bytes)
        {
            int flags = follow ? 0 : Libc.AtSymbolicLinkNoFollow;
            if (Libc.Statx(Libc.AtCurrentDirectory, first, flags, Libc.StatxBasic, &record) != 0) throw Failure();
        }

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
        _ => FileKind.Special,
    };

    private static Exception Failure() => Marshal.GetLastPInvokeError() switch
    {
        NoSuchFile or NotADirectory => new FileNotFoundException("there is no such file; check the path"),
        PermissionDenied => new UnauthorizedAccessException("a directory on the way may not be searched; run as a user who may"),
        TooManyLinks => new IOException("its symbolic links go round in a circle; name the file itself"),
        _ => Libc.LastError("ask what the path names"),
    };
}
