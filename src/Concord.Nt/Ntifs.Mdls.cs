namespace Concord.Nt;

// Bytes of a stream locked in memory, for callers that move them themselves.
public static unsafe partial class Ntifs
{
    /// <summary>
    /// Locks bytes in memory for reading and describes them by a chain of MDLs, one a cache view. (NT: CcMdlRead.)
    /// </summary>
    /// <param name="FileObject">A handle whose caching is initialised.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes; what lies behind the end is left out.</param>
    /// <param name="MdlChain">
    /// Receives the chain, for <see cref="CcMdlReadComplete"/>; null if there are no bytes.
    /// </param>
    /// <param name="IoStatus">Receives STATUS_SUCCESS and the bytes that are locked.</param>
    /// <exception cref="NtStatusException">What the store said, or what is wrong with the arguments. Nothing is locked,
    /// and the chain is null: unlike the original, a call that fails leaves nothing to complete.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing is locked.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Blocks. Thread safe; any thread may complete.</remarks>
    public static void CcMdlRead(FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, MDL** MdlChain,
        IO_STATUS_BLOCK* IoStatus) =>
        MakeMdls(nameof(CcMdlRead), FileObject, FileOffset, Length, LeaseAccess.Read, MdlChain, IoStatus);

    /// <summary>Unlocks what <see cref="CcMdlRead"/> locked. (NT: CcMdlReadComplete.)</summary>
    /// <param name="FileObject">The handle.</param>
    /// <param name="MdlChain">The whole chain; void afterwards. Null does nothing.</param>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: it is no such chain. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL. Does not block.</remarks>
    public static void CcMdlReadComplete(FILE_OBJECT* FileObject, MDL* MdlChain)
    {
        const string Routine = nameof(CcMdlReadComplete);
        _ = NtCall.Raising(Routine, () => EndMdls(Routine, FileObject, MdlChain, forWriting: false, publishes: true));
    }

    /// <summary>
    /// Locks memory for bytes that the caller is to overwrite, all of them. Pages that are wholly overwritten and not
    /// in memory are not read, and no call sees them until the end; in other pages everybody sees the bytes as they
    /// are put there. (NT: CcPrepareMdlWrite.)
    /// </summary>
    /// <param name="FileObject">A handle whose caching is initialised, of a file that takes writes.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes, within the stream: the caller makes it longer first.</param>
    /// <param name="MdlChain">
    /// Receives the chain, for <see cref="CcMdlWriteComplete"/> or <see cref="CcMdlWriteAbort"/>; null if there are no
    /// bytes.
    /// </param>
    /// <param name="IoStatus">Receives STATUS_SUCCESS and the bytes that are locked.</param>
    /// <exception cref="NtStatusException">
    /// What the store said, or what is wrong with the arguments; STATUS_MEDIA_WRITE_PROTECTED: the store takes no
    /// writes; STATUS_POSSIBLE_DEADLOCK: it would wait for what this thread has prepared before. Nothing is locked, and
    /// the chain is null.
    /// </exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing is locked.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Blocks for the store, and for another thread that has prepared the same pages; not for
    /// who has them pinned, mapped or locked. Thread safe; any thread may complete. While pages that were not in memory
    /// are prepared, other threads that need them wait for the end, and a call of the thread that prepared them raises
    /// STATUS_POSSIBLE_DEADLOCK, or is FALSE without wait; the original shows what is in memory.
    /// </remarks>
    public static void CcPrepareMdlWrite(FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length,
        MDL** MdlChain, IO_STATUS_BLOCK* IoStatus) =>
        MakeMdls(nameof(CcPrepareMdlWrite), FileObject, FileOffset, Length, LeaseAccess.Overwrite, MdlChain, IoStatus);

    /// <summary>
    /// Ends what <see cref="CcPrepareMdlWrite"/> began: the bytes are the stream's, and dirty, or, if the handle is
    /// write-through, durable in the store. (NT: CcMdlWriteComplete.)
    /// </summary>
    /// <param name="FileObject">The handle.</param>
    /// <param name="FileOffset">
    /// The first byte, as it was given to <see cref="CcPrepareMdlWrite"/>. The chain knows: another offset, or null, is
    /// ignored, and refused when <see cref="NtChecks"/> are on.
    /// </param>
    /// <param name="MdlChain">The whole chain; void afterwards, unless this raises. Null does nothing.</param>
    /// <exception cref="NtStatusException">
    /// What the store said to a write-through: the bytes are the stream's and dirty, and the chain is still the
    /// caller's, to be completed once more or aborted. STATUS_INVALID_PARAMETER: it is no such chain, and nothing
    /// changed.
    /// </exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL. Blocks if the handle is write-through. Thread safe.</remarks>
    public static void CcMdlWriteComplete(FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, MDL* MdlChain)
    {
        const string Routine = nameof(CcMdlWriteComplete);
        _ = NtCall.Raising(Routine, () =>
        {
            CheckOffset(Routine, FileOffset, MdlChain);
            return EndMdls(Routine, FileObject, MdlChain, forWriting: true, publishes: true);
        });
    }

    /// <summary>
    /// Gives up what <see cref="CcPrepareMdlWrite"/> began: nothing is written, and what was put into the memory is not
    /// the stream's, unless its page has to stay. (NT: CcMdlWriteAbort.) Does not block.
    /// </summary>
    /// <param name="FileObject">The handle.</param>
    /// <param name="MdlChain">The whole chain; void afterwards. Null does nothing.</param>
    /// <exception cref="NtStatusException">STATUS_INVALID_PARAMETER: it is no such chain. Nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At PASSIVE_LEVEL. Thread safe. Pages that were dirty before, that somebody else holds, or that a
    /// write-through that failed has made the stream's, keep what is in memory and are written later.</remarks>
    public static void CcMdlWriteAbort(FILE_OBJECT* FileObject, MDL* MdlChain)
    {
        const string Routine = nameof(CcMdlWriteAbort);
        _ = NtCall.Raising(Routine, () => EndMdls(Routine, FileObject, MdlChain, forWriting: true, publishes: false));
    }

    private static void MakeMdls(
        string routine, FILE_OBJECT* fileObject, LARGE_INTEGER* fileOffset, uint length, LeaseAccess access,
        MDL** mdlChain, IO_STATUS_BLOCK* ioStatus)
    {
        if (mdlChain is not null) *mdlChain = null;
        _ = NtCall.Raising(routine, () =>
        {
            NtCall.RequireLevel(routine, Irql.ApcLevel);
            var handle = NtCall.CachedHandle(routine, fileObject);
            var range = NtCall.Range(routine, fileOffset, length);
            NtCall.RequirePointer(routine, mdlChain, "MdlChain");
            NtCall.RequirePointer(routine, ioStatus, "IoStatus");
            var file = handle.Operations;
            if (access == LeaseAccess.Read) range = range.Intersect(new ByteRange(0, file.Length));
            else RequireInFile(routine, handle, range);
            handle.Stream.RefuseToWaitForMyself(routine, range);
            var chain = NtMdl.Make(handle.Stream, file, range, access);
            *mdlChain = chain is null ? null : chain.First;
            *ioStatus = new IO_STATUS_BLOCK { Information = (nuint)range.Length };
            return true;
        });
    }

    /// <summary>Refuses to prepare bytes where the stream takes no writes, or ends before them.</summary>
    private static void RequireInFile(string routine, NtFile handle, ByteRange range)
    {
        NtCall.RequireWritable(routine, handle);
        if (range.IsEmpty || range.End <= handle.Operations.Length) return;
        throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
            $"{range} ends behind the end of the stream, {handle.Operations.Length}: make it longer first");
    }

    private static bool EndMdls(string routine, FILE_OBJECT* fileObject, MDL* mdlChain, bool forWriting, bool publishes)
    {
        NtCall.RequireLevel(routine, Irql.PassiveLevel);
        var handle = NtCall.Handle(routine, fileObject);
        if (mdlChain is null) return true;
        var chain = NtMdl.Take(mdlChain) ?? throw NoSuchChain(routine);
        try
        {
            if (chain.Stream != handle.Stream || chain.IsForWriting != forWriting) throw NoSuchChain(routine);
            if (forWriting && publishes && handle.IsWriteThrough) chain.WriteThrough(handle.Operations);
        }
        catch
        {
            chain.GiveBack();
            throw;
        }

        chain.End(publishes);
        handle.Stream.CloseSectionIfDelayed();
        return true;
    }

    /// <summary>An offset that is not the chain's: an error where errors are looked for, or else nothing.</summary>
    private static void CheckOffset(string routine, LARGE_INTEGER* fileOffset, MDL* mdlChain)
    {
        if (!NtChecks.IsEnabled || NtMdl.Of(mdlChain) is not { } chain) return;
        if (fileOffset is not null && fileOffset->QuadPart == chain.Range.Offset) return;
        throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER,
            $"FileOffset must be that of the chain, {chain.Range.Offset}");
    }

    private static Exception NoSuchChain(string routine) => NtCall.Broken(
        routine, NTSTATUS.STATUS_INVALID_PARAMETER,
        "MdlChain must be a whole chain of this stream, made for the same purpose, that has not ended");
}
