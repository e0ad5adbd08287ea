using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>
    /// Wait for writes under way, start writing, wait for those. This is no barrier: nothing is durable by it.
    /// </summary>
    internal const uint SyncFileRangeWriteAndWait = 7;

    /// <summary>Start writing, and wait for nothing.</summary>
    internal const uint SyncFileRangeWrite = 2;

    [LibraryImport(Name, EntryPoint = "sync_file_range", SetLastError = true)]
    internal static partial int SyncFileRange(SafeHandle descriptor, long offset, long length, uint flags);
}
