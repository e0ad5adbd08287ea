using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>
    /// Locks that belong to one opening of a file, whatever other openings of the process are closed.
    /// </summary>
    internal const int FcntlGetDescriptionLock = 36, FcntlSetDescriptionLock = 37;

    internal const short LockShared = 0, LockExclusive = 1, LockNone = 2;

    /// <summary>Sets or finds a lock on a range of a file; never waits with the two commands above.</summary>
    [LibraryImport(Name, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int FcntlLock(SafeHandle descriptor, int command, ref RangeLock range);

    /// <summary>The kernel's <c>struct flock</c> on 64-bit processors; offsets count from the first byte.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct RangeLock
    {
        [FieldOffset(0)]
        internal short Type;

        [FieldOffset(8)]
        internal long Offset;

        [FieldOffset(16)]
        internal long Length;

        [FieldOffset(24)]
        internal int Process;
    }
}
