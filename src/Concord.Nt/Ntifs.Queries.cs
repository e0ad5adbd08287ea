using Concord.Caching;

namespace Concord.Nt;

// What is cached, and what of it is dirty.
public static unsafe partial class Ntifs
{
    /// <summary>Whether caching is initialised for any handle of a file object's stream. (NT: CcIsFileCached.)</summary>
    /// <param name="FileObject">A file object; of any handle of the stream.</param>
    /// <remarks>At any IRQL. Thread safe; does not block.</remarks>
    public static BOOLEAN CcIsFileCached(FILE_OBJECT* FileObject) =>
        FileObject->SectionObjectPointer is not null && FileObject->SectionObjectPointer->SharedCacheMap is not null;

    /// <summary>The file object that the cache refers to: the oldest whose caching is initialised. (NT: CcGetFileObjectFromSectionPtrs.)</summary>
    /// <param name="SectionObjectPointer">The stream.</param>
    /// <returns>The file object, or null if the stream is not cached or unknown. It is not referenced: the caller knows what keeps it.</returns>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static FILE_OBJECT* CcGetFileObjectFromSectionPtrs(SECTION_OBJECT_POINTERS* SectionObjectPointer) =>
        NtStream.Of(SectionObjectPointer)?.CachedHandles is [var oldest, ..] ? oldest.Object : null;

    /// <summary>How far a stream's bytes are durable in its store. (NT: CcGetFlushedValidData.)</summary>
    /// <param name="SectionObjectPointer">The stream.</param>
    /// <param name="BcbListHeld">Ignored.</param>
    /// <returns>
    /// Where the first page begins that is not durable yet, or the valid data length if all are; 2^63 - 1 if the stream is
    /// not cached or unknown.
    /// </returns>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe. True at the moment it is asked; stays true while the caller has the stream exclusively.</remarks>
    public static LARGE_INTEGER CcGetFlushedValidData(SECTION_OBJECT_POINTERS* SectionObjectPointer, BOOLEAN BcbListHeld)
    {
        var answer = new LARGE_INTEGER { QuadPart = long.MaxValue };
        if (NtStream.Of(SectionObjectPointer) is { IsCached: true, IsConcords: true } stream)
        {
            answer.QuadPart = Math.Min(Unflushed.FirstOffset(stream.Map) ?? long.MaxValue, stream.Map.Sizes.ValidLength);
        }

        return answer;
    }

    /// <summary>Whether a volume has a cached file with something that is not durable yet; temporary files do not count. (NT: CcIsThereDirtyData.)</summary>
    /// <param name="Vpb">The volume: what its file objects have in <see cref="FILE_OBJECT.Vpb"/>.</param>
    /// <remarks>At PASSIVE_LEVEL. Thread safe.</remarks>
    public static BOOLEAN CcIsThereDirtyData(void* Vpb) => CountDirtyPages(Vpb, countsTemporary: false) > 0;

    /// <summary>Whether a volume has a cached file, even a temporary one, with something that is not durable yet, and how much. (NT: CcIsThereDirtyDataEx.)</summary>
    /// <param name="Vpb">The volume: what its file objects have in <see cref="FILE_OBJECT.Vpb"/>.</param>
    /// <param name="NumberOfDirtyPages">Null, or receives how many pages.</param>
    /// <remarks>At PASSIVE_LEVEL. Thread safe.</remarks>
    public static BOOLEAN CcIsThereDirtyDataEx(void* Vpb, uint* NumberOfDirtyPages)
    {
        long pages = CountDirtyPages(Vpb, countsTemporary: true);
        if (NumberOfDirtyPages is not null) *NumberOfDirtyPages = (uint)Math.Min(pages, uint.MaxValue);
        return pages > 0;
    }

    private static long CountDirtyPages(void* vpb, bool countsTemporary)
    {
        long count = 0;
        foreach (var stream in NtStream.All)
        {
            var handles = stream.CachedHandles;
            if (!stream.IsConcords || !handles.Any(handle => handle.Object->Vpb == vpb)) continue;
            bool isTemporary = handles.All(static handle => (handle.Object->Flags & FILE_OBJECT.FO_TEMPORARY_FILE) != 0);
            if (countsTemporary || !isTemporary) count += Unflushed.CountPages(stream.Map, new ByteRange(0, long.MaxValue));
        }

        return count;
    }
}
