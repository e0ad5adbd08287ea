using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Since Linux 6.5; the same number on every processor.</summary>
    private const nint SystemCallCachestat = 451;

    /// <summary>Counts the pages of a range; a length of 0 means to the end.</summary>
    internal static nint Cachestat(FileDescriptor file, in CachestatRange range, out CachestatCounts counts) =>
        Cachestat(SystemCallCachestat, file, range, out counts, 0);

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Cachestat(
        nint call, FileDescriptor file, in CachestatRange range, out CachestatCounts counts, nint flags);

    [StructLayout(LayoutKind.Sequential)]
    internal readonly record struct CachestatRange(ulong Offset, ulong Length);

    [StructLayout(LayoutKind.Sequential)]
    internal struct CachestatCounts
    {
        internal ulong Cached;
        internal ulong Dirty;
        internal ulong WriteBack;
        internal ulong Evicted;
        internal ulong RecentlyEvicted;
    }
}
