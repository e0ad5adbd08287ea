namespace Concord.Nt;

// The memory manager's side: what views and images of a stream allow.
public static unsafe partial class Ntifs
{
    /// <summary>
    /// Whether a stream can be cut: to be asked before each cut. (NT: MmCanFileBeTruncated.) Does not block.
    /// </summary>
    /// <param name="SectionPointer">The stream.</param>
    /// <param name="NewFileSize">Its new size; null means 0.</param>
    /// <returns>
    /// FALSE if there is an image section, or if this process has a view of the stream and the new size is not beyond
    /// the present one: then a cut would take pages from under the view. A stream that is to grow is not refused.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other exception.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Thread safe. A view can be made after the answer. Views on the
    /// operating system's cache are not looked for, but for those of programs that run.</remarks>
    public static BOOLEAN MmCanFileBeTruncated(SECTION_OBJECT_POINTERS* SectionPointer, LARGE_INTEGER* NewFileSize) =>
        Ask(
        nameof(MmCanFileBeTruncated),
        SectionPointer,
        stream =>
        {
            if (HasImage(stream)) return false;
            long size = NewFileSize is null ? 0 : NewFileSize->QuadPart;
            return !stream.IsConcords || size > stream.State.Sizes.Length || !stream.State.Sharers.HaveViews;
        });

    /// <summary>
    /// How many there are who may still write a stream's bytes in memory. (NT: MmDoesFileHaveUserWritableReferences.)
    /// </summary>
    /// <param name="SectionPointer">The stream.</param>
    /// <returns>
    /// Views that can write, and MDLs of <see cref="CcPrepareMdlWrite"/>, whether or not a handle is open.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other exception.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Thread safe; does not block.</remarks>
    public static uint MmDoesFileHaveUserWritableReferences(SECTION_OBJECT_POINTERS* SectionPointer) =>
        Ask(nameof(MmDoesFileHaveUserWritableReferences), SectionPointer, CountWriters);

    /// <summary>
    /// Whether a stream does not run as a program, so that it may be written or deleted. (NT: MmFlushImageSection.)
    /// Blocks.
    /// </summary>
    /// <param name="SectionPointer">
    /// The stream. Of a file in the operating system's cache it is found out whether a process runs it, as far as this
    /// one may know; for others the image section slot tells, which is the caller's.
    /// </param>
    /// <param name="FlushType">What is to be done with the file.</param>
    /// <returns>
    /// TRUE if there is no image section; for a deletion FALSE too while a view or an MDL can write the stream. FALSE
    /// for a type that is not defined.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other exception.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Thread safe. For a file in the operating system's cache it looks at every process.
    /// </remarks>
    public static BOOLEAN MmFlushImageSection(SECTION_OBJECT_POINTERS* SectionPointer, MMFLUSH_TYPE FlushType) => Ask(
        nameof(MmFlushImageSection),
        SectionPointer,
        stream => Enum.IsDefined(FlushType) && !HasImage(stream)
            && (FlushType != MMFLUSH_TYPE.MmFlushForDelete || CountWriters(stream) == 0));

    /// <summary>
    /// An answer about a stream; false, or none, where there is no such stream or the thread must not ask.
    /// </summary>
    private static T Ask<T>(string routine, SECTION_OBJECT_POINTERS* pointers, Func<NtStream, T> answer)
        where T : unmanaged =>
        NtCall.Returning(
            () =>
            {
                NtCall.RequireLevel(routine, Irql.ApcLevel);
                return answer(NtCall.Stream(routine, pointers));
            },
            static _ => default);

    private static uint CountWriters(NtStream stream) =>
        stream.IsConcords ? (uint)(stream.State.Sharers.WritableViews + NtMdl.CountForWriting(stream)) : 0;

    /// <summary>Whether a stream runs as a program; where that cannot be found out, it may.</summary>
    private static bool HasImage(NtStream stream)
    {
        if (stream.HasImage) return true;
        try
        {
            return !stream.IsConcords && stream.File is SystemFile system && system.RunsAsProgram();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            return true;
        }
    }

    /// <summary>
    /// Gives up a stream's memory, if nothing uses it. What is dirty is written back first. (NT: MmForceSectionClosed.)
    /// </summary>
    /// <param name="SectionObjectPointer">The stream.</param>
    /// <param name="DelayClose">Whether it is to be given up by itself as soon as nothing uses it any more.</param>
    /// <returns>
    /// TRUE if the stream has no memory any more, and no image section. FALSE if caching is initialised for a handle,
    /// if a view, a pin, an MDL or a lease holds it, or if something could not be written back, which then stays dirty.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was done. No other exception.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Blocks. Thread safe.</remarks>
    public static BOOLEAN MmForceSectionClosed(SECTION_OBJECT_POINTERS* SectionObjectPointer, BOOLEAN DelayClose)
    {
        const string Routine = nameof(MmForceSectionClosed);
        return NtCall.Returning<BOOLEAN>(
            () =>
            {
                NtCall.RequireLevel(Routine, Irql.ApcLevel);
                var stream = NtCall.Stream(Routine, SectionObjectPointer);
                if (stream.HasImage) return false;
                if (!stream.State.HasSection) return true;
                using var locks = stream.AcquireForFlush();
                bool isClosed = !stream.IsCached
                    && stream.Through(static file => ((FileOperations)file).TryGiveUpMemory());
                if (!isClosed && DelayClose) stream.DelayClose();
                return isClosed;
            },
            static _ => false);
    }
}
