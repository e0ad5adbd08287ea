using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

/// <summary>
/// The kernel's <c>struct statx</c>: 256 bytes, the same on every processor; only fields in use are named.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    private const int TypeMask = 0xF000, BytesPerBlock = 512;

    [FieldOffset(0)]
    private readonly uint _told;

    /// <summary>How many names the file has.</summary>
    [FieldOffset(16)]
    internal readonly uint Links;

    [FieldOffset(28)]
    private readonly ushort _mode;

    /// <summary>The file's number on its device.</summary>
    [FieldOffset(32)]
    internal readonly ulong Number;

    [FieldOffset(40)]
    private readonly ulong _length;

    [FieldOffset(48)]
    private readonly ulong _blocks;

    [FieldOffset(80)]
    private readonly long _birthSeconds;

    [FieldOffset(88)]
    private readonly uint _birthNanoseconds;

    [FieldOffset(136)]
    private readonly uint _deviceMajor;

    [FieldOffset(140)]
    private readonly uint _deviceMinor;

    /// <summary>
    /// The mount's number in <c>/proc/self/mountinfo</c>, or the one that no other mount ever has
    /// (<see cref="SaysUniqueMount"/>); 0 where the kernel does not tell (before 5.8).
    /// </summary>
    [FieldOffset(144)]
    internal readonly ulong Mount;

    /// <summary>
    /// What addresses of memory must be multiples of for direct I/O on the file; 0 where direct I/O is not possible.
    /// Meaningful only where <see cref="SaysDirectAlignment"/>.
    /// </summary>
    [FieldOffset(152)]
    internal readonly uint DirectMemoryAlignment;

    /// <summary>What offsets and lengths must be multiples of for direct I/O; 0 where it is not possible.</summary>
    [FieldOffset(156)]
    internal readonly uint DirectOffsetAlignment;

    /// <summary>
    /// Whether the kernel and the file system tell how direct I/O has to be aligned (Linux 6.1 and later).
    /// </summary>
    internal readonly bool SaysDirectAlignment => (_told & Libc.StatxDirectAlignment) != 0;

    /// <summary>
    /// Whether <see cref="Mount"/> is never given to another mount (Linux 6.8 and later, where the call asked for it).
    /// </summary>
    internal readonly bool SaysUniqueMount => (_told & Libc.StatxUniqueMount) != 0;

    /// <summary>The file's device, as one number.</summary>
    internal readonly ulong Device => ((ulong)_deviceMajor << 32) | _deviceMinor;

    /// <summary>
    /// When the file was made, in nanoseconds; 0 if the file system does not report it, or the call did not ask.
    /// </summary>
    internal readonly long Birth =>
        (_told & Libc.StatxBirth) == 0 ? 0 : unchecked((_birthSeconds * 1_000_000_000) + _birthNanoseconds);

    internal readonly long Length => (long)_length;

    /// <summary>The bytes that the file has on its device, without holes.</summary>
    internal readonly long AllocatedBytes => (long)_blocks * BytesPerBlock;

    /// <summary>Whether any user may run it as a program.</summary>
    internal readonly bool IsExecutable => (_mode & 0x49) != 0;

    internal readonly bool IsRegularFile => (_mode & TypeMask) == 0x8000;

    internal readonly bool IsDirectory => (_mode & TypeMask) == 0x4000;

    /// <summary>The kind of file, for an error message: "a directory".</summary>
    internal readonly string Kind => (_mode & TypeMask) switch
    {
        0x8000 => "a regular file",
        0x4000 => "a directory",
        0x2000 => "a character device",
        0x6000 => "a block device",
        0x1000 => "a pipe",
        0xC000 => "a socket",
        _ => "not a file with contents",
    };
}
