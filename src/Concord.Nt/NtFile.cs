using System.Collections.Concurrent;

namespace Concord.Nt;

/// <summary>
/// A handle of a file as the NT routines take it: a FILE_OBJECT in unmanaged memory, whose SectionObjectPointer all
/// handles of the stream share, and the stream's lock.
/// </summary>
/// <remarks>
/// <para>
/// Thread safe. The lock belongs to the thread that acquired it, may be acquired again by it, and is released as often
/// as it was acquired, on that thread (NT: the main resource of the file's control block).
/// </para>
/// <para>
/// While a thread has a <see cref="CachedFile"/> acquired exclusively, every other call on that file waits, those of
/// the same thread included unless they go through <see cref="Held"/>. A <see cref="SystemFile"/> cannot be held:
/// there the lock orders the callers of these routines alone.
/// </para>
/// </remarks>
public sealed unsafe class NtFile : IDisposable
{
    private static readonly ConcurrentDictionary<nint, NtFile> ByFileObject = new();

    private readonly ICoherentFile _file;
    private readonly NtStream _stream;
    private readonly bool _ownsFile;
    private readonly UnmanagedMemory _memory;
    private readonly FILE_OBJECT* _fileObject;
    private volatile bool _isDisposed;
    private volatile bool _isCached;
    private int _isClosed;

    private NtFile(ICoherentFile file, bool ownsFile)
    {
        _file = file;
        _ownsFile = ownsFile;
        _stream = NtStream.Join(file, host: null);
        _memory = new UnmanagedMemory(sizeof(FILE_OBJECT));
        _fileObject = (FILE_OBJECT*)_memory.Address;
        _fileObject->Type = FILE_OBJECT.IO_TYPE_FILE;
        _fileObject->Size = (short)sizeof(FILE_OBJECT);
        _fileObject->SectionObjectPointer = _stream.Pointers;
        if (file is not FileOperations) ShowCaching(true);
        ByFileObject[(nint)_fileObject] = this;
    }

    /// <summary>A handle whose file object and section object pointers a file system brought.</summary>
    private NtFile(CachedFile file, FILE_OBJECT* fileObject, HostedStream host)
    {
        _file = file;
        _stream = NtStream.Join(file, host);
        _memory = UnmanagedMemory.OfCaller(fileObject);
        _fileObject = fileObject;
        ByFileObject[(nint)fileObject] = this;
    }

    /// <summary>The file object; valid until this handle is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The handle was disposed.</exception>
    public FILE_OBJECT* FileObject
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _fileObject;
        }
    }

    /// <summary>
    /// What the stream has in memory; the same for all its handles, valid until the last is disposed.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The handle was disposed.</exception>
    public SECTION_OBJECT_POINTERS* SectionObjectPointer => FileObject->SectionObjectPointer;

    /// <summary>
    /// Whether the calling thread has acquired the stream exclusively. (NT: ExIsResourceAcquiredExclusiveLite.)
    /// </summary>
    public bool IsAcquiredExclusively => _stream.Resource.IsMineExclusively;

    /// <summary>
    /// Whether the thread that acquired the stream last found it abandoned: another thread had ended without releasing
    /// it. That thread has the stream all the same, and what the lock protects may be half done. While
    /// <see cref="NtChecks.IsEnabled"/> the acquisition throws instead. (Windows: WAIT_ABANDONED.)
    /// </summary>
    public bool WasAbandoned => _stream.WasAbandoned;

    /// <summary>
    /// While the calling thread has a <see cref="CachedFile"/> acquired exclusively: the hold, through which it reads,
    /// writes and resizes the file. It ends with the last <see cref="Release"/>; do not dispose it.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The thread has not acquired the file exclusively, or it is not a cached one.
    /// </exception>
    public FileOperations Held => IsAcquiredExclusively && _stream.AcquiredFile is FileOperations held
        ? held
        : throw new InvalidOperationException(
            "there is a hold while the calling thread has a CachedFile acquired exclusively");

    /// <summary>
    /// Called once, when nothing refers to the file object any more: by <see cref="Dispose"/>, or, while the handle's
    /// caching is initialised, by the routine that ends it. The file object is valid until it returns. (NT:
    /// IRP_MJ_CLOSE.)
    /// </summary>
    public Action<NtFile>? Closed { get; set; }

    internal NtStream Stream => _stream;

    /// <summary>Whether the handle's caching is initialised.</summary>
    internal bool IsCached => _isCached;

    internal bool IsDisposed => _isDisposed;

    /// <summary>Whether the handle's caching is being ended. Owned by the stream.</summary>
    internal bool IsEnding { get; set; }

    internal bool IsWriteThrough => HasFlag(FILE_OBJECT.FO_WRITE_THROUGH);

    internal bool IsTemporary => HasFlag(FILE_OBJECT.FO_TEMPORARY_FILE);

    /// <summary>The volume, as the caller has set it.</summary>
    internal nint Volume
    {
        get
        {
            nint volume = (nint)_fileObject->Vpb;
            GC.KeepAlive(_memory);
            return volume;
        }
    }

    internal FILE_OBJECT* Object => _fileObject;

    /// <summary>
    /// What the calling thread reaches the file through: the hold, if it has acquired the file exclusively.
    /// </summary>
    /// <exception cref="NotSupportedException">The file is not one of Concord's own cache.</exception>
    internal FileOperations Operations => (IsAcquiredExclusively ? _stream.HeldAs(_file) : _file) as FileOperations
        ?? throw new NotSupportedException(
            "this routine works on files of Concord's own cache (ConcordOpenFile, NtFile.From of a CachedFile)");

    /// <summary>Makes a file system's own file object a handle of a stream that it hosts.</summary>
    /// <exception cref="InvalidOperationException">The file has NT handles of another kind.</exception>
    internal static NtFile Host(CachedFile file, FILE_OBJECT* fileObject, HostedStream host) =>
        new(file, fileObject, host);

    /// <summary>
    /// The rule that a caller broke with the file object or its section object pointers, or null.
    /// </summary>
    internal string? FindOverwritten() => _stream.FindOverwritten() ?? _stream.Unchanging(() =>
        _fileObject->SectionObjectPointer != _stream.Pointers || (_fileObject->PrivateCacheMap is not null) != _isCached
            ? "the file object was overwritten or freed before it was detached" : null);

    /// <summary>The handle of a file object, or null.</summary>
    internal static NtFile? Of(FILE_OBJECT* fileObject) => ByFileObject.GetValueOrDefault((nint)fileObject);

    /// <summary>Opens a file in the operating system's cache; see <see cref="SystemFile.Open"/>. Blocks.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException">
    /// <paramref name="path"/> is null, empty or contains a null character.
    /// </exception>
    /// <exception cref="IOException">There is no such file, or it cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="SystemFile.IsSupported"/> is <see langword="false"/>.
    /// </exception>
    public static NtFile Open(string path) => new(SystemFile.Open(path), ownsFile: true);

    /// <summary>
    /// Makes an NT handle of a file: of Concord's cache, of the system's, or of any other. Does not block.
    /// </summary>
    /// <param name="file">The file; it stays open when the handle is disposed, and must stay open until then.</param>
    /// <exception cref="ArgumentNullException"><paramref name="file"/> is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// A file system hosts the file (<see cref="NtHost.ConcordAttachFile"/>): its file objects are the file's handles.
    /// </exception>
    public static NtFile From(ICoherentFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new NtFile(file, ownsFile: false);
    }

    /// <summary>
    /// Takes the stream for the calling thread alone, and with it the exclusive hold of a <see cref="CachedFile"/>.
    /// Blocks until every other thread has released it, or has ended: see <see cref="WasAbandoned"/>. (NT:
    /// ExAcquireResourceExclusiveLite.)
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The thread has it shared, and would wait for itself; nothing changed.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The handle or the file was closed; nothing changed.</exception>
    /// <exception cref="NtPreconditionException">
    /// A thread ended without releasing the stream, and <see cref="NtChecks.IsEnabled"/>; the stream is free now.
    /// </exception>
    public void AcquireExclusive()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _stream.AcquireExclusive(_file);
    }

    /// <summary>
    /// Shares the stream with other threads that do, and keeps those out that want it alone; a thread that has it alone
    /// has it so once more. Blocks. (NT: ExAcquireResourceSharedLite.)
    /// </summary>
    /// <exception cref="ObjectDisposedException">The handle was disposed.</exception>
    /// <exception cref="NtPreconditionException">As for <see cref="AcquireExclusive"/>.</exception>
    public void AcquireShared()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        _stream.AcquireShared();
    }

    /// <summary>Ends the calling thread's latest acquisition. Does not block. (NT: ExReleaseResourceLite.)</summary>
    /// <exception cref="InvalidOperationException">The thread has not acquired the stream; nothing changed.</exception>
    public void Release() => _stream.Release();

    /// <summary>
    /// Ends the handle. A file that <see cref="Open"/> opened is closed; one given to <see cref="From"/> stays open.
    /// While the handle's caching is initialised the cache refers to the file object, which then goes with
    /// <see cref="Ntifs.CcUninitializeCacheMap"/>. Idempotent. Blocks.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// It is the last handle, and a thread has acquired the stream; nothing changed.
    /// </exception>
    public void Dispose()
    {
        if (_isDisposed) return;
        if (!IsCached || _file is not FileOperations) _stream.RefuseToLeave();
        _isDisposed = true;
        if (!_stream.IsCaching(this)) Close();
    }

    /// <summary>Says in the file object whether the handle's caching is initialised.</summary>
    internal void ShowCaching(bool isCached)
    {
        _isCached = isCached;
        _fileObject->PrivateCacheMap = isCached ? _fileObject : null;
        GC.KeepAlive(_memory);
    }

    /// <summary>The cache refers to the file object no more; it goes if its owner is done with it.</summary>
    internal void CacheMapGone()
    {
        if (_isDisposed) Close();
    }

    private bool HasFlag(uint flag)
    {
        uint flags = _fileObject->Flags;
        GC.KeepAlive(_memory);
        return (flags & flag) != 0;
    }

    /// <summary>Runs once, on the first of several threads.</summary>
    private void Close()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0) return;
        try
        {
            Closed?.Invoke(this);
        }
        finally
        {
            ByFileObject.TryRemove((nint)_fileObject, out _);
            _stream.Leave(_file);
            if (_ownsFile) ((SystemFile)_file).Dispose();
        }
    }
}
