using Concord.Nt.Native;

namespace Concord.Nt;

/// <summary>
/// For file systems that bring their own file objects, section object pointers and way to the disk, as those of Windows
/// do: <c>using static Concord.Nt.NtHost;</c>
/// </summary>
/// <remarks>
/// A file object that is attached can be given to every routine of <see cref="Ntifs"/>, and its section object pointers
/// to those that take them. The main resource of the control block (<see cref="FSRTL_COMMON_FCB_HEADER.Resource"/>) is
/// the stream's lock. The memory of both is the file system's: it stays where it is, and is not written, until the file
/// object is detached. While <see cref="NtChecks.IsEnabled"/> a routine that meets overwritten or freed memory says so.
/// </remarks>
public static unsafe partial class NtHost
{
    // Gate owns Streams, by their section object pointers, and Owners, by file object. Pulsed when a stream has ended.
    private static readonly object Gate = new();
    private static readonly Dictionary<nint, HostedStream> Streams = [];
    private static readonly Dictionary<nint, HostedStream> Owners = [];

    /// <summary>
    /// Makes a file system's own file object one that the routines take. Its <see
    /// cref="FILE_OBJECT.SectionObjectPointer"/> points to a structure that all file objects of the stream share; the
    /// first of them brings it empty.
    /// </summary>
    /// <param name="FileObject">The file object.</param>
    /// <param name="Store">
    /// The file system's way to the disk, copied. A further file object of the same stream gives the same, or null.
    /// </param>
    /// <param name="Context">What its calls are given; the same for all file objects of a stream.</param>
    /// <param name="Cache">
    /// The cache that keeps the stream's bytes, for the first file object; null means one that the process has for
    /// this.
    /// </param>
    /// <returns>
    /// STATUS_SUCCESS; STATUS_ACCESS_VIOLATION for a file object that is null; STATUS_INVALID_PARAMETER when the file
    /// object is attached already, has no section object pointers, or ones that are not empty, or when the store is not
    /// in order or another than the stream's. Nothing changed then.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>
    /// At APC_LEVEL or lower. Thread safe. Makes no call of the store. Waits while the last file object of the same
    /// stream is being detached. Caching begins with <see cref="Ntifs.CcInitializeCacheMap"/>, with the sizes given
    /// there; before, a control block's header tells the size, if there is one.
    /// </remarks>
    public static NTSTATUS ConcordAttach(
        FILE_OBJECT* FileObject, CONCORD_STORE* Store, void* Context, FileCache? Cache = null)
    {
        const string Routine = nameof(ConcordAttach);
        return NtCall.Returning(
            () => Attach(
                Routine, FileObject,
                stream => stream.HasStore(Store, Context),
                () => Host(Routine, FileObject, Store, Context),
                stream => stream.Open(Cache)),
            static status => status);
    }

    /// <summary>
    /// Makes a file system's own file object one of a file in a cache: the stream's bytes are that file's.
    /// </summary>
    /// <param name="FileObject">The file object, as for <see cref="ConcordAttach"/>.</param>
    /// <param name="Open">Opens a handle of the file, which the file object has for itself; called once, here.</param>
    /// <returns>
    /// As <see cref="ConcordAttach"/>; STATUS_INVALID_PARAMETER also when the file is another than that of the stream's
    /// other file objects; otherwise why the file cannot be opened.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="Open"/> is null.</exception>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Thread safe. Blocks while the file is opened.</remarks>
    public static NTSTATUS ConcordAttachFile(FILE_OBJECT* FileObject, Func<CachedFile> Open)
    {
        ArgumentNullException.ThrowIfNull(Open);
        const string Routine = nameof(ConcordAttachFile);
        return NtCall.Returning(
            () => Attach(
                Routine, FileObject,
                static stream => stream.HasNoStore,
                () => new HostedStream(
                    FileObject->SectionObjectPointer, null, (FSRTL_COMMON_FCB_HEADER*)FileObject->FsContext),
                _ => Open()),
            static status => status);
    }

    /// <summary>
    /// Ends what <see cref="ConcordAttach"/> began, when the file object is not used any more: its caching too. With
    /// the last file object of a stream what is dirty is made durable first, the section object pointers become empty,
    /// and then nothing of the file system is called or touched any more. (NT: the close that follows the last
    /// reference.)
    /// </summary>
    /// <param name="FileObject">The file object.</param>
    /// <returns>
    /// STATUS_SUCCESS; STATUS_INVALID_PARAMETER when it is not attached; STATUS_POSSIBLE_DEADLOCK when the calling
    /// thread has the control block's main resource, which write-behind may be waiting for; STATUS_RESOURCE_IN_USE when
    /// a pin, an MDL, a lease or a view holds pages; otherwise why writing failed. The file object stays attached then,
    /// and nothing is lost.
    /// </returns>
    /// <exception cref="NtPreconditionException">
    /// A rule is broken and <see cref="NtChecks.IsEnabled"/>; nothing changed.
    /// </exception>
    /// <remarks>At APC_LEVEL or lower. Blocks. Thread safe.</remarks>
    public static NTSTATUS ConcordDetach(FILE_OBJECT* FileObject)
    {
        const string Routine = nameof(ConcordDetach);
        return NtCall.Returning(() => Detach(Routine, FileObject), static status => status);
    }

    /// <summary>Ends a call of a store that has returned STATUS_PENDING, or is about to. Does not block.</summary>
    /// <param name="Request">What the call got.</param>
    /// <param name="Status">How it ended; only STATUS_SUCCESS means that it did what it was for.</param>
    /// <param name="Information">
    /// The bytes that were read or written: of a write all, or it has failed. Ignored for other calls.
    /// </param>
    /// <returns>STATUS_SUCCESS; STATUS_INVALID_PARAMETER, and nothing changed, when it is over already, was none, or is
    /// to end as STATUS_PENDING.</returns>
    /// <remarks>At DISPATCH_LEVEL or lower. Thread safe.</remarks>
    public static NTSTATUS ConcordCompleteRequest(void* Request, NTSTATUS Status, nuint Information)
    {
        const string Routine = nameof(ConcordCompleteRequest);
        if (Status == NTSTATUS.STATUS_PENDING) return Refused(Routine, "Status must not be STATUS_PENDING: it ends");
        return StoreRequest.TryComplete(Request, Status, Information)
            ? NTSTATUS.STATUS_SUCCESS
            : Refused(Routine, "Request must be that of a call of a store that has not ended");
    }

    /// <summary>
    /// Says, within a routine of <see cref="Ntifs.CcSetLogHandleForFile"/> and on the thread that it was called on,
    /// that the log could not be made durable: the pages are not written and stay dirty, and who wrote them back gets
    /// the status. The routine itself returns nothing. Does not block.
    /// </summary>
    /// <param name="Status">
    /// Why. A success of another kind than STATUS_SUCCESS (STATUS_TIMEOUT, STATUS_PENDING) is a failure too, which is
    /// told as STATUS_UNEXPECTED_IO_ERROR.
    /// </param>
    /// <returns>
    /// STATUS_SUCCESS; STATUS_INVALID_PARAMETER, and nothing changed, when the status is STATUS_SUCCESS or the thread
    /// is in no such routine.
    /// </returns>
    /// <remarks>At APC_LEVEL or lower. Thread safe.</remarks>
    public static NTSTATUS ConcordFailFlushToLsn(NTSTATUS Status)
    {
        const string Routine = nameof(ConcordFailFlushToLsn);
        if (Status == NTSTATUS.STATUS_SUCCESS) return Refused(Routine, "Status must not be STATUS_SUCCESS");
        return NtLog.TryFail(Status)
            ? NTSTATUS.STATUS_SUCCESS
            : Refused(Routine, "this thread is in no routine of CcSetLogHandleForFile");
    }

    /// <summary>The refusal of a routine that throws nothing: C is told the rule.</summary>
    private static NTSTATUS Refused(string routine, string rule)
    {
        LastError.Keep(NTSTATUS.STATUS_INVALID_PARAMETER, $"{routine}: {rule}");
        return NTSTATUS.STATUS_INVALID_PARAMETER;
    }

    private static NTSTATUS Attach(
        string routine, FILE_OBJECT* fileObject, Func<HostedStream, bool> isSame, Func<HostedStream> make,
        Func<HostedStream, CachedFile> open)
    {
        NtCall.RequireLevel(routine, Irql.ApcLevel);
        NtCall.RequirePointer(routine, fileObject, "FileObject");
        var pointers = fileObject->SectionObjectPointer;
        if (pointers is null) throw Wrong(routine, "FileObject.SectionObjectPointer must not be null");
        lock (Gate)
        {
            HostedStream? stream;
            while (Streams.TryGetValue((nint)pointers, out stream) && stream.IsEnding) Monitor.Wait(Gate);
            if (Owners.ContainsKey((nint)fileObject)) throw Wrong(routine, "FileObject is attached already");
            if (stream is not null && !isSame(stream)) throw Wrong(routine, "the stream has another store");
            if (stream is null && (pointers->DataSectionObject is not null || pointers->SharedCacheMap is not null))
            {
                throw Wrong(routine, "the section object pointers must be empty, or a stream's that is attached");
            }

            stream ??= make();
            stream.Attach(fileObject, open(stream));
            Streams[(nint)pointers] = Owners[(nint)fileObject] = stream;
        }

        return NTSTATUS.STATUS_SUCCESS;
    }

    private static HostedStream Host(
        string routine, FILE_OBJECT* fileObject, CONCORD_STORE* store, void* context)
    {
        NtCall.RequirePointer(routine, store, "Store");
        if (store->FindBroken() is { } rule) throw Wrong(routine, rule);
        var header = (FSRTL_COMMON_FCB_HEADER*)fileObject->FsContext;
        long length = header is null ? 0 : header->FileSize.QuadPart;
        if (length < 0) throw Wrong(routine, "FileSize of the control block's header must not be negative");
        string name = fileObject->FileName.ToString() is { Length: > 0 } named ? named : "a file system's file";
        var calls = new CallbackStore(*store, (nint)context, length, name);
        return new HostedStream(fileObject->SectionObjectPointer, calls, header);
    }

    private static NTSTATUS Detach(string routine, FILE_OBJECT* fileObject)
    {
        NtCall.RequireLevel(routine, Irql.ApcLevel);
        HostedStream? stream;
        lock (Gate)
        {
            if (!Owners.TryGetValue((nint)fileObject, out stream) || stream.IsEnding)
                throw Wrong(routine, "FileObject must be one that is attached, and not being detached");
            if (stream.Count > 1)
            {
                stream.Detach(fileObject);
                Owners.Remove((nint)fileObject);
                return NTSTATUS.STATUS_SUCCESS;
            }

            if (stream.IsMine)
            {
                throw NtCall.Broken(routine, NTSTATUS.STATUS_POSSIBLE_DEADLOCK,
                    "the calling thread has the main resource, which write-behind may be waiting for");
            }

            if (stream.HasViews)
            {
                throw NtCall.Broken(routine, NTSTATUS.STATUS_RESOURCE_IN_USE,
                    "a view shows the stream: end it with ConcordUnmapView");
            }

            stream.IsEnding = true;
        }

        bool hasEnded = false;
        try
        {
            // Outside the gate: it calls the file system, which may attach and detach others.
            stream.Close(fileObject);
            hasEnded = true;
        }
        catch (InvalidOperationException error) when (error is not (ObjectDisposedException or NtPreconditionException))
        {
            throw new NtStatusException(routine, NTSTATUS.STATUS_RESOURCE_IN_USE, error);
        }
        finally
        {
            lock (Gate)
            {
                stream.IsEnding = false;
                if (hasEnded)
                {
                    Owners.Remove((nint)fileObject);
                    Streams.Remove((nint)stream.Pointers);
                }

                Monitor.PulseAll(Gate);
            }
        }

        return NTSTATUS.STATUS_SUCCESS;
    }

    private static Exception Wrong(string routine, string rule) =>
        NtCall.Broken(routine, NTSTATUS.STATUS_INVALID_PARAMETER, rule);
}
