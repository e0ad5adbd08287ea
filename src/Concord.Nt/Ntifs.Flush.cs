using Concord.Caching;
using Concord.Nt.Native;

namespace Concord.Nt;

// Flush and purge, each by itself.
public static unsafe partial class Ntifs
{
    /// <summary>For <see cref="CcPurgeCacheSection"/>: ends caching for every handle first.</summary>
    public const uint UNINITIALIZE_CACHE_MAPS = 0x1;

    /// <summary>For <see cref="CcPurgeCacheSection"/>: does not wait for pins.</summary>
    public const uint DO_NOT_RETRY_PURGE = 0x2;

    /// <summary>
    /// For <see cref="CcPurgeCacheSection"/>: purges nothing if a page of the range is not durable in the store yet.
    /// </summary>
    public const uint DO_NOT_PURGE_DIRTY_PAGES = 0x4;

    /// <summary>
    /// For <see cref="CcPurgeCacheSection"/>: the system's own; ignored, a page that a view shows always stays.
    /// </summary>
    public const uint PURGE_WITH_ACTIVE_VIEWS = 0x8;

    /// <summary>Writes a range of a stream back and makes it durable; drops nothing. (NT: CcFlushCache.)</summary>
    /// <param name="SectionObjectPointer">The stream, in whatever cache.</param>
    /// <param name="FileOffset">The first byte; null means the whole stream, whatever the length says.</param>
    /// <param name="Length">Bytes; 0 does nothing. What lies behind the end is left out.</param>
    /// <param name="IoStatus">
    /// Null, or receives the outcome: STATUS_SUCCESS, and the bytes of the range, which are in the store; otherwise why
    /// writing failed, and the bytes that are in the store all the same: what failed stays dirty in the cache.
    /// </param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was done. No other exception.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Blocks; thread safe. The calling thread may have acquired the stream, and need
    /// not. Works whether or not caching is initialised for any handle. While the store writes, the flush has the file
    /// to itself: the store must not wait for another call of the same file.</remarks>
    public static void CcFlushCache(SECTION_OBJECT_POINTERS* SectionObjectPointer, LARGE_INTEGER* FileOffset,
        uint Length, IO_STATUS_BLOCK* IoStatus)
    {
        var result = NtCall.Returning(
            () => Flush(nameof(CcFlushCache), SectionObjectPointer, FileOffset, Length),
            static status => new IO_STATUS_BLOCK { Status = status });
        if (IoStatus is not null) *IoStatus = result;
    }

    /// <summary>
    /// Drops the pages that lie wholly in a range, without writing them: what was written there and never flushed is
    /// lost. Pages that a view shows stay. (NT: CcPurgeCacheSection.)
    /// </summary>
    /// <param name="SectionObjectPointer">The stream, in Concord's cache.</param>
    /// <param name="FileOffset">The first byte; null means the whole stream.</param>
    /// <param name="Length">Bytes; 0 means to the end.</param>
    /// <param name="Flags">UNINITIALIZE_CACHE_MAPS and the like; unknown bits are ignored.</param>
    /// <returns>
    /// TRUE if every such page is gone. FALSE if one stayed: a view shows it, an MDL, a mapping or a lease holds it, or
    /// the thread itself has it pinned; others may be gone. FALSE too where a page is pinned and no thread's
    /// (<see cref="CcRepinBcb"/>, <see cref="CcSetBcbOwnerPointer"/>), and, nothing having happened, when a rule is
    /// broken.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was done. No other exception.
    /// </exception>
    /// <remarks>
    /// Below DISPATCH_LEVEL, by a thread that has acquired the stream exclusively. Blocks until other threads have
    /// unpinned the range. A handle that was disposed while its caching was initialised is closed within the call, if
    /// the flag ends its caching.
    /// </remarks>
    public static BOOLEAN CcPurgeCacheSection(SECTION_OBJECT_POINTERS* SectionObjectPointer, LARGE_INTEGER* FileOffset,
        uint Length, uint Flags) =>
        NtCall.Returning<BOOLEAN>(() => Purge(nameof(CcPurgeCacheSection), SectionObjectPointer, FileOffset, Length,
            Flags), static _ => false);

    private static IO_STATUS_BLOCK Flush(string routine, SECTION_OBJECT_POINTERS* pointers, LARGE_INTEGER* offset,
        uint length)
    {
        NtCall.RequireLevel(routine, Irql.ApcLevel);
        var stream = NtCall.Stream(routine, pointers);
        var range = NtCall.RangeOrAll(routine, offset, length);
        return range.IsEmpty || !stream.HasSection ? default : FlushRange(stream, range);
    }

    private static IO_STATUS_BLOCK FlushRange(NtStream stream, ByteRange range)
    {
        using var locks = stream.AcquireForFlush();
        try
        {
            return new IO_STATUS_BLOCK
            {
                Information = (nuint)stream.Through(
                    file => file.FlushAndPurge(range, CoherencyOptions.NoPurge)).BytesInStore,
            };
        }
        catch (WriteBackException error) when (LastError.Keep(error))
        {
            return new IO_STATUS_BLOCK
            {
                Status = ErrorStatus.Of(error),
                Information = (nuint)error.Result.BytesInStore,
            };
        }
    }

    private static bool Purge(string routine, SECTION_OBJECT_POINTERS* pointers, LARGE_INTEGER* offset, uint length,
        uint flags)
    {
        NtCall.RequireLevel(routine, Irql.ApcLevel);
        var stream = NtCall.Stream(routine, pointers);
        if (!stream.IsMineExclusively)
        {
            throw NtCall.Broken(
                routine, NTSTATUS.STATUS_RESOURCE_NOT_OWNED,
                "the file must be acquired exclusively by the calling thread (NtFile.AcquireExclusive; "
                    + "ConcordAcquireExclusive in C; ExAcquireResourceExclusiveLite on a control block's main "
                    + "resource)");
        }

        var range = NtCall.RangeOrAll(routine, offset, length);
        var map = stream.State;
        if (range.IsEmpty || range.End >= map.Sizes.Length) range = ByteRange.FromBounds(range.Offset, long.MaxValue);
        if ((flags & UNINITIALIZE_CACHE_MAPS) != 0)
        {
            foreach (var handle in stream.CachedHandles) _ = stream.RemoveCaching(handle);
        }

        if ((flags & DO_NOT_PURGE_DIRTY_PAGES) != 0 && DirtyQuery.CountPages(map, range) > 0) return false;
        if ((flags & DO_NOT_RETRY_PURGE) == 0 && !stream.Pins.WaitForOthers(range))
        {
            if (stream.Pins.IsAbandoned(range)) NtCall.TellAbandonedPin(routine, range);
            return false;
        }

        // A handle that cannot write has nothing dirty to lose: purge its copies by the coherency operation.
        return stream.Through(open =>
            open is FileOperations { CanWrite: true } file
                ? file.Discard(range) : open.FlushAndPurge(range).IsComplete);
    }
}
