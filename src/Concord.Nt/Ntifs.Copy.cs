namespace Concord.Nt;

// Reads and writes through the cache.
public static unsafe partial class Ntifs
{
    private const int ZeroBytesMax = 64 * 1024;

    /// <summary>No span has more than 2^31 - 1.</summary>
    private const uint PieceBytesMax = 1 << 30;
    private static readonly byte[] Zeros = new byte[ZeroBytesMax];

    /// <summary>Copies bytes of a stream out of the cache, and brings in what is not there. (NT: CcCopyRead.)</summary>
    /// <param name="FileObject">A handle whose caching is initialised.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">
    /// Bytes; what lies behind the end is left out, and refused when <see cref="NtChecks"/> are on.
    /// </param>
    /// <param name="Wait">Whether the routine may block.</param>
    /// <param name="Buffer">Where they go.</param>
    /// <param name="IoStatus">
    /// Receives STATUS_SUCCESS and the number of bytes copied; untouched when the answer is FALSE.
    /// </param>
    /// <returns>
    /// TRUE, or FALSE without <paramref name="Wait"/> when a page is not there; it is brought in then in the
    /// background.
    /// </returns>
    /// <exception cref="NtStatusException">
    /// What the store said; STATUS_INVALID_USER_BUFFER: the buffer is null, or, when <see cref="NtChecks"/> are on,
    /// cannot be read; STATUS_ACCESS_VIOLATION: another pointer is null; STATUS_INVALID_PARAMETER: no range, or a file
    /// object that is not cached. Some bytes may have been copied.
    /// </exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was done.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Thread safe. Does not allocate and takes no lock of the file when everything is there.
    /// </remarks>
    public static BOOLEAN CcCopyRead(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, BOOLEAN Wait, void* Buffer,
        IO_STATUS_BLOCK* IoStatus)
    {
        const string Routine = nameof(CcCopyRead);
        try
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            var handle = NtCall.CachedHandle(Routine, FileObject);
            var file = handle.Operations;
            var range = NtCall.Range(Routine, FileOffset, Length);
            NtCall.RequirePointer(Routine, IoStatus, "IoStatus");
            CheckBuffer(Routine, Buffer, range);
            if (Wait) handle.Stream.RefuseToWaitForMyself(Routine, range);
            if (NtChecks.IsEnabled && range.End > file.Length && Length > 0)
            {
                throw NtCall.Broken(Routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                    $"the read ends at {range.End}, and the file at {file.Length}");
            }

            uint done = 0;
            for (bool isMore = true; isMore;)
            {
                var bytes = new Span<byte>((byte*)Buffer + done, PieceOf(Length - done));
                int count;
                if (Wait) count = file.Read(range.Offset + done, bytes);
                else if (!file.TryRead(range.Offset + done, bytes, out count)) return false;
                done += (uint)count;
                isMore = done < Length && count == bytes.Length;
            }

            *IoStatus = new IO_STATUS_BLOCK { Status = NTSTATUS.STATUS_SUCCESS, Information = done };
            return true;
        }
        catch (Exception error) when (NtCall.IsCause(error))
        {
            throw NtCall.Raised(Routine, error);
        }
    }

    /// <summary>As <see cref="CcCopyRead"/>; the thread to charge is of no interest here. (NT: CcCopyReadEx.)</summary>
    /// <param name="FileObject">A handle whose caching is initialised.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes.</param>
    /// <param name="Wait">Whether the routine may block.</param>
    /// <param name="Buffer">Where they go.</param>
    /// <param name="IoStatus">Receives STATUS_SUCCESS and the number of bytes copied.</param>
    /// <param name="IoIssuerThread">Ignored; null means the calling thread.</param>
    /// <returns>As <see cref="CcCopyRead"/>.</returns>
    /// <exception cref="NtStatusException">As <see cref="CcCopyRead"/>.</exception>
    public static BOOLEAN CcCopyReadEx(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, BOOLEAN Wait, void* Buffer,
        IO_STATUS_BLOCK* IoStatus, void* IoIssuerThread) =>
        CcCopyRead(FileObject, FileOffset, Length, Wait, Buffer, IoStatus);

    /// <summary>
    /// Copies bytes into the cache; the store gets them later, or at once if the handle is write-through. The stream
    /// grows when the end lies behind its end. (NT: CcCopyWrite.)
    /// </summary>
    /// <param name="FileObject">A handle whose caching is initialised.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes; 0 does nothing.</param>
    /// <param name="Wait">Whether the routine may block.</param>
    /// <param name="Buffer">The bytes; may be null if there are none.</param>
    /// <returns>
    /// TRUE, or FALSE without <paramref name="Wait"/> when a page is not there (it is brought in then in the
    /// background), when too much is dirty, or when the handle is write-through.
    /// </returns>
    /// <exception cref="NtStatusException">
    /// What the store said; STATUS_INVALID_USER_BUFFER: the buffer is null, or, when <see cref="NtChecks"/> are on,
    /// cannot be read, and no page was touched; STATUS_ACCESS_VIOLATION: another pointer is null;
    /// STATUS_INVALID_PARAMETER: no range, or a file object that is not cached. Some bytes may be in the file; what a
    /// write-through could not write stays dirty.
    /// </exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was done.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Thread safe. Does not allocate and takes no lock of the file when everything is there. A
    /// write that begins behind the valid data length moves that over the gap, which the file system fills with zeros
    /// first (<see cref="CcZeroData"/>): otherwise the file has there what the store has.
    /// </remarks>
    public static BOOLEAN CcCopyWrite(FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, BOOLEAN Wait,
        void* Buffer)
    {
        const string Routine = nameof(CcCopyWrite);
        try
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            var handle = NtCall.CachedHandle(Routine, FileObject);
            var range = NtCall.Range(Routine, FileOffset, Length);
            CheckBuffer(Routine, Buffer, range);
            if (Length == 0) return true;
            var file = handle.Operations;
            NtCall.RequireWritable(Routine, handle);
            NtCall.RequireReach(Routine, handle.Stream, range.End);
            if (!Wait && handle.IsWriteThrough) return false;
            if (Wait) handle.Stream.RefuseToWaitForMyself(Routine, range);
            if (Wait) handle.Stream.GrowOverZeros(file, range.End);
            for (uint done = 0; done < Length;)
            {
                var bytes = new ReadOnlySpan<byte>((byte*)Buffer + done, PieceOf(Length - done));
                if (Wait) file.Write(range.Offset + done, bytes);
                else if (!file.TryWrite(range.Offset + done, bytes)) return false;
                done += (uint)bytes.Length;
            }

            if (handle.IsWriteThrough) _ = file.FlushAndPurge(range, CoherencyOptions.NoPurge);
            return true;
        }
        catch (Exception error) when (NtCall.IsCause(error))
        {
            throw NtCall.Raised(Routine, error);
        }
    }

    /// <summary>
    /// As <see cref="CcCopyWrite"/>; the thread to charge is of no interest here. (NT: CcCopyWriteEx.)
    /// </summary>
    /// <param name="FileObject">A handle whose caching is initialised.</param>
    /// <param name="FileOffset">The first byte.</param>
    /// <param name="Length">Bytes.</param>
    /// <param name="Wait">Whether the routine may block.</param>
    /// <param name="Buffer">The bytes.</param>
    /// <param name="IoIssuerThread">Ignored; null means the calling thread.</param>
    /// <returns>As <see cref="CcCopyWrite"/>.</returns>
    /// <exception cref="NtStatusException">As <see cref="CcCopyWrite"/>.</exception>
    public static BOOLEAN CcCopyWriteEx(
        FILE_OBJECT* FileObject, LARGE_INTEGER* FileOffset, uint Length, BOOLEAN Wait, void* Buffer,
        void* IoIssuerThread) =>
        CcCopyWrite(FileObject, FileOffset, Length, Wait, Buffer);

    /// <summary>
    /// Fills a range with zeros: what lies between what was ever written and where the next write begins. What was
    /// written there before is lost; the stream's length stays. (NT: CcZeroData.)
    /// </summary>
    /// <param name="FileObject">
    /// A handle. If it is write-through, or its caching is not initialised, the zeros are durable in the store on
    /// return.
    /// </param>
    /// <param name="StartOffset">The first byte.</param>
    /// <param name="EndOffset">One byte past the last.</param>
    /// <param name="Wait">Whether the routine may block.</param>
    /// <returns>
    /// TRUE, or FALSE without <paramref name="Wait"/> when it would have to block; a part may be zeros then.
    /// </returns>
    /// <exception cref="NtStatusException">What the store said; STATUS_ACCESS_VIOLATION: a pointer is null;
    /// STATUS_INVALID_PARAMETER: no range. A part may be zeros.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was done.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Thread safe.</remarks>
    public static BOOLEAN CcZeroData(FILE_OBJECT* FileObject, LARGE_INTEGER* StartOffset, LARGE_INTEGER* EndOffset,
        BOOLEAN Wait)
    {
        const string Routine = nameof(CcZeroData);
        return NtCall.Raising<BOOLEAN>(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            var handle = NtCall.Handle(Routine, FileObject);
            NtCall.RequirePointer(Routine, StartOffset, "StartOffset");
            NtCall.RequirePointer(Routine, EndOffset, "EndOffset");
            if (StartOffset->QuadPart < 0 || EndOffset->QuadPart < StartOffset->QuadPart)
            {
                throw NtCall.Broken(Routine, NTSTATUS.STATUS_INVALID_PARAMETER,
                    "the range must not begin below 0 nor end before it begins");
            }

            var file = handle.Operations;
            NtCall.RequireWritable(Routine, handle);
            bool isDurable = handle.IsWriteThrough || !handle.IsCached;
            if (isDurable && !Wait) return false;
            var range = ByteRange.FromBounds(StartOffset->QuadPart, EndOffset->QuadPart)
                .Intersect(new ByteRange(0, file.Length));
            if (Wait) handle.Stream.RefuseToWaitForMyself(Routine, range);
            for (long at = range.Offset; at < range.End; at += ZeroBytesMax)
            {
                var zeros = Zeros.AsSpan(0, (int)Math.Min(ZeroBytesMax, range.End - at));
                if (Wait) file.Write(at, zeros);
                else if (!file.TryWrite(at, zeros)) return false;
            }

            if (isDurable) _ = file.FlushAndPurge(range, CoherencyOptions.NoPurge);
            return true;
        });
    }

    /// <summary>How many bytes of so many one span shows.</summary>
    private static int PieceOf(uint length) => (int)Math.Min(length, PieceBytesMax);

    /// <summary>
    /// Refuses memory that cannot be touched; any address is asked for only while rules are checked, since that takes
    /// system calls.
    /// </summary>
    private static void CheckBuffer(string routine, void* buffer, ByteRange range)
    {
        if (range.IsEmpty) return;
        if (buffer is null)
            throw new NtStatusException(routine, NTSTATUS.STATUS_INVALID_USER_BUFFER, "the buffer must not be null");
        if (!NtChecks.IsEnabled || !ProcessorCache.IsSupported) return;
        try
        {
            ProcessorCache.Supported.Check((nint)buffer, (nuint)range.Length);
        }
        catch (ArgumentException error)
        {
            throw new NtStatusException(routine, NTSTATUS.STATUS_INVALID_USER_BUFFER, error);
        }
    }
}
