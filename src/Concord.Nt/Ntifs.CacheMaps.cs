using Concord.Nt.Native;

namespace Concord.Nt;

// Beginning and ending a handle's caching, and the sizes of a stream.
public static unsafe partial class Ntifs
{
    /// <summary>
    /// Begins caching for a handle. The stream's memory is made with the first handle; the sizes given then are the
    /// stream's, as far as it is not longer already. (NT: CcInitializeCacheMap.)
    /// </summary>
    /// <param name="FileObject">The handle, of a file in Concord's cache; twice is the same as once.</param>
    /// <param name="FileSizes">The sizes, as the file system knows them.</param>
    /// <param name="PinAccess">Whether there will be pins; ignored, there may always be.</param>
    /// <param name="Callbacks">
    /// Null, or what is called around write-behind and read-ahead: see <see cref="CACHE_MANAGER_CALLBACKS"/>. Of the
    /// handles of a stream, those count with which caching begins.
    /// </param>
    /// <param name="LazyWriteContext">
    /// What the callbacks are given; valid until the stream's last handle is closed or detached.
    /// </param>
    /// <exception cref="NtStatusException">
    /// STATUS_INVALID_PARAMETER: the sizes are not in order, or the file object is not one;
    /// STATUS_INSUFFICIENT_RESOURCES: there is no memory; STATUS_NOT_SUPPORTED: another cache's file; otherwise why the
    /// store could not be made longer. The handle is not cached.
    /// </exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; the handle is not cached.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. May block, allocates. Thread safe: several threads make one cache map. While it
    /// lasts the file object stays, even if the <see cref="NtFile"/> is disposed.</remarks>
    public static void CcInitializeCacheMap(
        FILE_OBJECT* FileObject, CC_FILE_SIZES* FileSizes, BOOLEAN PinAccess, CACHE_MANAGER_CALLBACKS* Callbacks,
        void* LazyWriteContext)
    {
        const string Routine = nameof(CcInitializeCacheMap);
        _ = NtCall.Raising(Routine, () =>
        {
            NtCall.RequireLevel(Routine, Irql.ApcLevel);
            var handle = NtCall.Handle(Routine, FileObject);
            var (length, valid) = Sizes(Routine, FileSizes);
            var file = handle.Operations;
            NtCall.RequireReach(Routine, handle.Stream, length);
            _ = file.State.EnsureSection();

            // A file system that brings the store knows the sizes. Any other caller may make the file longer, never
            // shorter: another handle may have been made cached, and have written behind the end, meanwhile.
            if (!handle.Stream.IsCached)
            {
                bool isHosted = handle.Stream.Host is { HasNoStore: false };
                if (length > file.Length || (isHosted && length < file.Length))
                    NtCall.RequireWritable(Routine, handle);
                if (isHosted) handle.Stream.SetSizes(file, length, valid);
                else file.ExtendSizes(length, valid);
                handle.Stream.SetCallbacks(Callbacks, LazyWriteContext);
            }

            handle.Stream.Zeros.Tell(FileSizes->AllocationSize.QuadPart, mayShrink: false);

            return handle.Stream.AddCaching(handle);
        });
    }

    /// <summary>
    /// Ends caching for a handle; to be called whenever a handle is done with, cached or not. What is dirty stays in
    /// memory and is written back later, unless it is cut off or the event asks for it. (NT: CcUninitializeCacheMap.)
    /// </summary>
    /// <param name="FileObject">The handle.</param>
    /// <param name="TruncateSize">
    /// Null, or where the stream was cut: with the last handle, pages wholly behind it are dropped, even dirty ones.
    /// </param>
    /// <param name="UninitializeEvent">
    /// Null, or an event. With the last handle, what is dirty is made durable before this returns, and the event is set
    /// in any case: if that fails, the pages stay dirty and the next flush tells the error.
    /// </param>
    /// <returns>TRUE if the stream was cached, and is not any more.</returns>
    /// <exception cref="NtPreconditionException">A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing was
    /// done. Without checks the answer is FALSE then. No other exception.</exception>
    /// <remarks>
    /// At APC_LEVEL or lower. May block. Thread safe. If the handle was disposed, its file object goes here.
    /// </remarks>
    public static BOOLEAN CcUninitializeCacheMap(
        FILE_OBJECT* FileObject, LARGE_INTEGER* TruncateSize, CACHE_UNINITIALIZE_EVENT* UninitializeEvent)
    {
        const string Routine = nameof(CcUninitializeCacheMap);
        try
        {
            return NtCall.Returning(
                () =>
                {
                    NtCall.RequireLevel(Routine, Irql.ApcLevel);
                    var handle = NtCall.Handle(Routine, FileObject);
                    var stream = handle.Stream;
                    if (stream.BeginEnding(handle))
                        SettleBeforeTheEnd(stream, TruncateSize, writesBack: UninitializeEvent is not null);
                    bool hasEnded = stream.RemoveCaching(handle);
                    stream.CloseSectionIfDelayed();
                    return hasEnded;
                },
                static _ => false);
        }
        finally
        {
            if (UninitializeEvent is not null) Ntddk.KeSetEvent(&UninitializeEvent->Event, 0, false);
        }
    }

    /// <summary>Tells the cache the sizes of a stream. (NT: CcSetFileSizes.)</summary>
    /// <param name="FileObject">
    /// A handle; without effect if the stream is not cached, unless a file system hosts it.
    /// </param>
    /// <param name="FileSizes">
    /// The sizes. A cut drops what lies behind it; a valid data length below the present one counts only while nothing
    /// came through the cache.
    /// </param>
    /// <exception cref="NtStatusException">
    /// STATUS_INVALID_PARAMETER: the sizes are not in order; STATUS_USER_MAPPED_FILE: a page behind the new end is
    /// held; otherwise what the store said. The sizes are as before. (The original hides a purge that fails, and is
    /// left with a cache that is longer than the file.)
    /// </exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; the sizes are as before.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. May block. Thread safe. Writes no dirty page and loses none below the new end.
    /// </remarks>
    public static void CcSetFileSizes(FILE_OBJECT* FileObject, CC_FILE_SIZES* FileSizes)
    {
        const string Routine = nameof(CcSetFileSizes);
        _ = NtCall.Raising(Routine, () => SetFileSizes(Routine, FileObject, FileSizes));
    }

    /// <summary>
    /// Tells the cache the sizes of a stream, as <see cref="CcSetFileSizes"/> does, and returns what failed. (NT:
    /// CcSetFileSizesEx.) Blocks.
    /// </summary>
    /// <param name="FileObject">A handle; without effect if the stream is not cached.</param>
    /// <param name="FileSizes">The sizes.</param>
    /// <returns>
    /// STATUS_SUCCESS, or what <see cref="CcSetFileSizes"/> would raise; the sizes are as before then.
    /// </returns>
    /// <exception cref="NtPreconditionException">A rule is broken and <see cref="NtChecks.IsEnabled"/>. No other
    /// exception: the original raises where a stream cannot be extended, and this returns that too.</exception>
    /// <remarks>As <see cref="CcSetFileSizes"/>.</remarks>
    public static NTSTATUS CcSetFileSizesEx(FILE_OBJECT* FileObject, CC_FILE_SIZES* FileSizes) =>
        NtCall.Returning(() => SetFileSizes(nameof(CcSetFileSizesEx), FileObject, FileSizes), static status => status);

    private static NTSTATUS SetFileSizes(string routine, FILE_OBJECT* fileObject, CC_FILE_SIZES* fileSizes)
    {
        NtCall.RequireLevel(routine, Irql.ApcLevel);
        var handle = NtCall.Handle(routine, fileObject);
        var (length, valid) = Sizes(routine, fileSizes);

        // Of a file system's own stream dirty bytes may be in memory still, and must not be written behind a cut.
        if (handle.Stream.IsCached || handle.Stream.Host is { HasNoStore: false })
        {
            if (length != handle.Operations.Length) NtCall.RequireWritable(routine, handle);
            NtCall.RequireReach(routine, handle.Stream, length);
            handle.Stream.SetSizes(handle.Operations, length, valid);
            handle.Stream.Zeros.Tell(fileSizes->AllocationSize.QuadPart, mayShrink: true);
        }

        return NTSTATUS.STATUS_SUCCESS;
    }

    private static (long Length, long Valid) Sizes(string routine, CC_FILE_SIZES* sizes)
    {
        NtCall.RequirePointer(routine, sizes, "FileSizes");
        if (sizes->FindBroken() is { } rule) throw NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER, rule);
        return (sizes->FileSize.QuadPart, Math.Min(sizes->ValidDataLength.QuadPart, sizes->FileSize.QuadPart));
    }

    /// <summary>
    /// What has to happen to pages before the last handle's caching ends; errors stay with the pages.
    /// </summary>
    private static void SettleBeforeTheEnd(NtStream stream, LARGE_INTEGER* truncateSize, bool writesBack)
    {
        // A file that was closed has nothing to settle any more.
        if (stream.State.Handles.Count == 0) return;
        using var locks = stream.AcquireForFlush();
        try
        {
            if (truncateSize is not null)
            {
                var cut = ByteRange.FromBounds(Math.Max(0, truncateSize->QuadPart), long.MaxValue);
                _ = stream.Through(file => file is FileOperations { CanWrite: true } writable && writable.Discard(cut));
            }

            if (writesBack) _ = stream.Through(static file => file.FlushAndPurge(CoherencyOptions.NoPurge));
        }
        catch (WriteBackException error)
        {
            // Told to this call, which cannot pass it on: the next flush has to hear of it.
            stream.State.Errors.Add(new ByteRange(0, long.MaxValue), error.InnerException ?? error);
        }
        catch (Exception error) when (LastError.Keep(error))
        {
            // Dirty pages stay dirty; caching ends all the same.
            return;
        }
    }
}
