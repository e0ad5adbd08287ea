using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    internal const int AtCurrentDirectory = -100, AtEmptyPath = 0x1000;

    /// <summary>
    /// Type, mode, links, number, length and blocks (0x1 + 0x2 + 0x4 + 0x100 + 0x200 + 0x400), and the mount's number
    /// (0x1000).
    /// </summary>
    internal const uint StatxWanted = 0x1707;

    /// <summary>When the file was made; an additional bit.</summary>
    internal const uint StatxBirth = 0x800;

    /// <summary>How direct I/O has to be aligned; an additional bit.</summary>
    internal const uint StatxDirectAlignment = 0x2000;

    /// <summary>
    /// A number of the mount that no later mount gets, in place of the one in the mount table; an additional bit.
    /// </summary>
    internal const uint StatxUniqueMount = 0x4000;

    /// <summary>The status of a path.</summary>
    internal static int Statx(int directory, string path, int flags, uint wanted, out FileStatus status)
    {
        fixed (byte* bytes = PathBytes.Encode(path)) return Statx(directory, bytes, flags, wanted, out status);
    }

    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true)]
    private static partial int Statx(int directory, byte* path, int flags, uint wanted, out FileStatus status);

    /// <summary>
    /// The status of an open descriptor: <paramref name="path"/> is empty, and <see cref="AtEmptyPath"/> a flag.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Statx(SafeHandle file, string path, int flags, uint wanted, out FileStatus status);
}
