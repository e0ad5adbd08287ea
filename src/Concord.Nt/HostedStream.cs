using Concord.Nt.Native;
using Concord.Scheduling;

namespace Concord.Nt;

/// <summary>
/// What a file system brought itself for a stream: section object pointers in its own memory, its way to the disk, and
/// its locks. Made with the stream's first file object, and over when the last is detached.
/// </summary>
/// <param name="pointers">The section object pointers.</param>
/// <param name="store">The file system's own way to the disk; null where the stream is a file by its path.</param>
/// <param name="header">The control block, whose main resource is the stream's lock; null where there is none.</param>
internal sealed unsafe class HostedStream(
    SECTION_OBJECT_POINTERS* pointers, CallbackStore? store, FSRTL_COMMON_FCB_HEADER* header)
{
    private readonly Dictionary<nint, (CachedFile File, NtFile Handle)> _handles = [];
    private NtStream? _stream;
    private FileCache? _cache;

    // For who asks for the lock of a stream whose control block has none.
    private readonly ResourceLock _ownLock = new();

    internal SECTION_OBJECT_POINTERS* Pointers => pointers;

    /// <summary>
    /// Whether the last file object is being detached. Owned by the gate of <see cref="NtHost"/>, as are the file
    /// objects.
    /// </summary>
    internal bool IsEnding { get; set; }

    /// <summary>How many file objects are attached.</summary>
    internal int Count => _handles.Count;

    /// <summary>Whether a further file object says the same store; null says nothing.</summary>
    internal bool HasStore(CONCORD_STORE* other, void* context) =>
        other is null || store?.Is(*other, (nint)context) == true;

    /// <summary>Whether the stream is a file by its path.</summary>
    internal bool HasNoStore => store is null;

    /// <summary>
    /// Whether the calling thread has "acquired the file exclusively": it has the main resource of the control block
    /// alone. Without such a resource this cannot be checked, and the routines believe the caller.
    /// </summary>
    internal bool IsMineExclusively =>
        Resource is null || ResourceLock.Of(Resource) is { IsMineExclusively: true };

    /// <summary>Whether a view shows the stream, whose pages come from the file system.</summary>
    internal bool HasViews => NtViews.HasAny(_stream!);

    /// <summary>Whether the calling thread has the main resource, in any way.</summary>
    internal bool IsMine => Lock is { TimesMine: > 0 };

    private ERESOURCE* Resource => header is null ? null : header->Resource;

    /// <summary>The main resource, or null where its memory holds none.</summary>
    private ResourceLock? Lock => Resource is null ? _ownLock : ResourceLock.Of(Resource);

    /// <summary>Takes the stream's lock, and enters the critical region that it is taken in. Blocks.</summary>
    /// <returns>Whether a thread had it that has ended.</returns>
    /// <exception cref="InvalidOperationException">The thread would wait for itself; nothing changed.</exception>
    internal bool Acquire(ResourceAccess access)
    {
        var wanted = Lock ?? throw new ArgumentException(
            "the main resource of the control block is none that ExInitializeResourceLite made");
        CriticalRegion.Enter();
        try
        {
            _ = wanted.Acquire(access, waits: true);
        }
        catch
        {
            _ = CriticalRegion.TryLeave();
            throw;
        }

        bool wasAbandoned = wanted.TakeAbandoned();
        if (!wasAbandoned || !NtChecks.IsEnabled) return wasAbandoned;
        Release();
        throw NtCall.Broken("ConcordAcquire", NTSTATUS.STATUS_ABANDONED,
            "a thread that had acquired the file has ended without releasing it: what it protects may be half done");
    }

    /// <summary>Ends the calling thread's latest acquisition.</summary>
    /// <exception cref="InvalidOperationException">The thread does not have the lock; nothing changed.</exception>
    internal void Release()
    {
        if (Lock?.TryRelease() != true) throw new InvalidOperationException("this thread has not acquired the file");
        _ = CriticalRegion.TryLeave();
    }

    /// <summary>
    /// Takes what a flush needs of the file system's locks, in their order, before it claims a page: the main resource
    /// and that of paging I/O, both shared. (NT: the default of FsRtlAcquireFileForCcFlush.)
    /// </summary>
    internal FlushLocks AcquireForFlush() =>
        header is null ? default : new FlushLocks(header->Resource, header->PagingIoResource);

    /// <summary>Opens the way to the disk for one more file object, in the first one's cache.</summary>
    internal CachedFile Open(FileCache? cache) =>
        (_cache ??= cache ?? NativeFiles.Shared).Open(store!, FileShare.ReadWrite, leaveOpen: true);

    /// <summary>Makes a file object a handle of the stream.</summary>
    /// <param name="fileObject">The file object.</param>
    /// <param name="file">Its handle of the stream's file, which is closed where the call throws.</param>
    internal void Attach(FILE_OBJECT* fileObject, CachedFile file)
    {
        try
        {
            if (_stream is not null && _stream.Services != file.Services)
                throw new ArgumentException("the file is another than that of the stream's other file objects");
            var handle = NtFile.Host(file, fileObject, this);
            _stream = handle.Stream;
            _handles.Add((nint)fileObject, (file, handle));
        }
        catch
        {
            // Nothing was written through it.
            file.Dispose();
            throw;
        }
    }

    /// <summary>Ends a file object's handle, which is not the last; what is dirty stays with the stream.</summary>
    internal void Detach(FILE_OBJECT* fileObject)
    {
        SyncCompletion.Wait(_handles[(nint)fileObject].File.AbandonAsync(CallMode.Blocking));
        Remove(fileObject);
    }

    /// <summary>
    /// Makes everything durable and closes the stream's last handle, after which no routine of the file system is
    /// called any more.
    /// </summary>
    internal void Close(FILE_OBJECT* fileObject)
    {
        _handles[(nint)fileObject].File.Close();
        _stream!.EndCallbacks();
        Remove(fileObject);
        store?.Detach();
    }

    private void Remove(FILE_OBJECT* fileObject)
    {
        _handles.Remove((nint)fileObject, out var ended);
        _ = ended.Handle.Stream.RemoveCaching(ended.Handle);
        ended.Handle.Dispose();
    }
}
