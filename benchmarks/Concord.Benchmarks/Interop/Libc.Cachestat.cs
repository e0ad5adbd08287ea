using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Interop;

internal static unsafe partial class Libc
{
    /// <summary>The number is the same on every architecture, as for all system calls of this age.</summary>
    internal const long CachestatNumber = 451;

    /// <summary>Offset and length; a length of zero means to the end of the file.</summary>
    internal const int CachestatRangeWords = 2;

    /// <summary>Resident, dirty, under write-back, evicted, recently evicted: pages each.</summary>
    internal const int CachestatCountWords = 5;

    [LibraryImport(Name, EntryPoint = "syscall", SetLastError = true)]
    internal static partial long Cachestat(long number, SafeFileHandle file, ulong* range, ulong* counts, uint flags);
}
