namespace Concord.Nt;

/// <summary>Routines of ntifs.h: <c>using static Concord.Nt.Ntifs;</c></summary>
public static unsafe partial class Ntifs
{
    /// <summary>Flush, and purge nothing: for a reader that goes to the store itself.</summary>
    public const uint CC_FLUSH_AND_PURGE_NO_PURGE = 0x1;

    /// <summary>
    /// The system's own; callers do not pass it. Ignored, and refused when <see cref="NtChecks"/> are on.
    /// </summary>
    public const uint CC_FLUSH_AND_PURGE_GATHER_DIRTY_BITS = 0x2;

    /// <summary>
    /// The caller knows of no mapping of the stream besides the cache's own, so none needs to be looked after. Where a
    /// view that can write meets the range, the flag is ignored: a broken promise loses nothing.
    /// </summary>
    public const uint CC_FLUSH_AND_PURGE_WRITEABLE_VIEWS_NOTSEEN = 0x4;

    /// <summary>Whether a status is a success or a piece of information. (NT: NT_SUCCESS.) Does not block.</summary>
    /// <param name="Status">The status.</param>
    public static bool NT_SUCCESS(NTSTATUS Status) => (int)Status.Value >= 0;

    /// <summary>
    /// Writes a range of a stream back, makes it durable, and drops every copy of it; or tells that some page could
    /// not be dropped. Returns when all of it is done. (NT: CcCoherencyFlushAndPurgeCache.)
    /// </summary>
    /// <param name="SectionObjectPointer">The stream: what <see cref="NtFile.SectionObjectPointer"/> gives.</param>
    /// <param name="FileOffset">The first byte; null means the whole stream, whatever the length says.</param>
    /// <param name="Length">
    /// Bytes; 0 means to the end. Whole pages are treated, and the part beyond the end is ignored.
    /// </param>
    /// <param name="IoStatus">
    /// Receives the outcome, on every path. Status: STATUS_SUCCESS; STATUS_CACHE_PAGE_LOCKED, a success, when all was
    /// written but some page stayed, or when the system does not say whether all went; STATUS_INVALID_PARAMETER for a
    /// pointer that is null or not of an <see cref="NtFile"/> and for a range that overflows; STATUS_RESOURCE_NOT_OWNED
    /// when the thread has not acquired the file exclusively; STATUS_CANT_WAIT above PASSIVE_LEVEL; otherwise why
    /// writing failed: what failed stays in the cache, dirty. Information: bytes of the range known to be in the store.
    /// </param>
    /// <param name="Flags">
    /// CC_FLUSH_AND_PURGE_*; unknown bits are ignored. There is no flag for a purge without a flush.
    /// </param>
    /// <exception cref="NtPreconditionException">
    /// <paramref name="IoStatus"/> is null, so that there is nowhere to tell of a failure; or a precondition is broken
    /// and <see cref="NtChecks.IsEnabled"/>. Nothing was done. No other exception leaves this routine.
    /// </exception>
    /// <remarks>
    /// Blocks; thread safe. The calling thread has acquired the stream exclusively
    /// (<see cref="NtFile.AcquireExclusive"/>) and runs at <see cref="Irql.PassiveLevel"/>. A stream of which nothing
    /// was ever cached is a success without I/O.
    /// </remarks>
    public static void CcCoherencyFlushAndPurgeCache(
        SECTION_OBJECT_POINTERS* SectionObjectPointer,
        LARGE_INTEGER* FileOffset,
        uint Length,
        IO_STATUS_BLOCK* IoStatus,
        uint Flags = 0)
    {
        if (IoStatus is null) throw CoherencyPreconditions.NoIoStatus();
        *IoStatus = CoherencyRoutine.Run(SectionObjectPointer, FileOffset, Length, Flags);
    }
}
