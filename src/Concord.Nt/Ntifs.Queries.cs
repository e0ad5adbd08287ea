using Concord.Caching;

namespace Concord.Nt;

// What is cached, and what of it is dirty.
public static unsafe partial class Ntifs
{
    /// <summary>
    /// Whether caching is initialised for any handle of a file object's stream. (NT: CcIsFileCached.)
    /// </summary>
    /// <param name="FileObject">A file object; of any handle of the stream. Null is not cached.</param>
    /// <remarks>At any IRQL. Thread safe; does not block.</remarks>
    public static BOOLEAN CcIsFileCached(FILE_OBJECT* FileObject) =>
        FileObject is not null && FileObject->SectionObjectPointer is not null
            && FileObject->SectionObjectPointer->SharedCacheMap is not null;

    /// <summary>
    /// The file object that the cache refers to: the oldest whose caching is initialised. (NT:
    /// CcGetFileObjectFromSectionPtrs.) Does not block.
    /// </summary>
    /// <param name="SectionObjectPointer">The stream.</param>
    /// <returns>
    /// The file object, or null if the stream is not cached or unknown. It is not referenced: the caller knows what
    /// keeps it.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other exception.
    /// </exception>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static FILE_OBJECT* CcGetFileObjectFromSectionPtrs(SECTION_OBJECT_POINTERS* SectionObjectPointer) =>
        (FILE_OBJECT*)NtCall.Returning(
        () =>
        {
            NtCall.RequireLevel(nameof(CcGetFileObjectFromSectionPtrs), Irql.DispatchLevel);
            return NtStream.Of(SectionObjectPointer)?.CachedHandles is [var oldest, ..] ? (nint)oldest.Object : 0;
        },
        static _ => (nint)0);

    /// <summary>
    /// How far a stream's bytes are durable in its store. (NT: CcGetFlushedValidData.) Does not block.
    /// </summary>
    /// <param name="SectionObjectPointer">The stream.</param>
    /// <param name="BcbListHeld">Ignored.</param>
    /// <returns>
    /// Where the first page begins that is not durable yet, or the valid data length if all are; 2^63 - 1 if the stream
    /// is not cached or unknown.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other exception.
    /// </exception>
    /// <remarks>
    /// At DISPATCH_LEVEL or lower. Thread safe. True at the moment it is asked; stays true while the caller has the
    /// stream exclusively.
    /// </remarks>
    public static LARGE_INTEGER CcGetFlushedValidData(SECTION_OBJECT_POINTERS* SectionObjectPointer,
        BOOLEAN BcbListHeld) => new()
        {
            QuadPart = NtCall.Returning(
            () =>
            {
                NtCall.RequireLevel(nameof(CcGetFlushedValidData), Irql.DispatchLevel);
                return NtStream.Of(SectionObjectPointer) is { IsCached: true, IsConcords: true } stream
                    ? Math.Min(DirtyQuery.FirstOffset(stream.State) ?? long.MaxValue, stream.State.Sizes.ValidLength)
                    : long.MaxValue;
            },
            static _ => long.MaxValue),
        };

    /// <summary>
    /// Whether a volume has a cached file with something that is not durable yet; temporary files do not count. (NT:
    /// CcIsThereDirtyData.) Does not block.
    /// </summary>
    /// <param name="Vpb">The volume: what its file objects have in <see cref="FILE_OBJECT.Vpb"/>.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other exception.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL. Thread safe.</remarks>
    public static BOOLEAN CcIsThereDirtyData(void* Vpb) =>
        CountDirtyPages(nameof(CcIsThereDirtyData), Vpb, countsTemporary: false) > 0;

    /// <summary>
    /// Whether a volume has a cached file, even a temporary one, with something that is not durable yet, and how much.
    /// (NT: CcIsThereDirtyDataEx.) Does not block.
    /// </summary>
    /// <param name="Vpb">The volume: what its file objects have in <see cref="FILE_OBJECT.Vpb"/>.</param>
    /// <param name="NumberOfDirtyPages">Null, or receives how many pages.</param>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other exception.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL. Thread safe.</remarks>
    public static BOOLEAN CcIsThereDirtyDataEx(void* Vpb, uint* NumberOfDirtyPages)
    {
        long pages = CountDirtyPages(nameof(CcIsThereDirtyDataEx), Vpb, countsTemporary: true);
        if (NumberOfDirtyPages is not null) *NumberOfDirtyPages = (uint)Math.Min(pages, uint.MaxValue);
        return pages > 0;
    }

    private static long CountDirtyPages(string routine, void* vpb, bool countsTemporary) => NtCall.Returning(
        () =>
        {
            NtCall.RequireLevel(routine, Irql.PassiveLevel);
            return CountDirtyPages(vpb, countsTemporary);
        },
        static _ => 0L);

    private static long CountDirtyPages(void* vpb, bool countsTemporary)
    {
        long count = 0;
        foreach (var stream in NtStream.All)
        {
            var handles = stream.CachedHandles;
            if (!stream.IsConcords || !handles.Any(handle => handle.Volume == (nint)vpb)) continue;
            bool isTemporary = handles.All(static handle => handle.IsTemporary);
            if (countsTemporary || !isTemporary)
                count += DirtyQuery.CountPages(stream.State, new ByteRange(0, long.MaxValue));
        }

        return count;
    }
}
