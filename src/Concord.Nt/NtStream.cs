using System.Collections.Concurrent;
using System.Diagnostics;

namespace Concord.Nt;

/// <summary>
/// What all NT handles of one stream share: the section object pointers in unmanaged memory, and the lock. A stream is
/// a file in one cache; the same file in another cache is another stream, as its copies are others.
/// </summary>
internal sealed unsafe partial class NtStream
{
    // Gate owns ByIdentity, every _files and _isFreed. ByPointers is read without.
    private static readonly Lock Gate = new();
    private static readonly Dictionary<object, NtStream> ByIdentity = [];
    private static readonly ConcurrentDictionary<nint, NtStream> ByPointers = new();

    private readonly object _identity;
    private readonly UnmanagedMemory _memory;
    private readonly SECTION_OBJECT_POINTERS* _pointers;
    private readonly List<ICoherentFile> _files = [];
    private bool _isFreed;
    private volatile bool _closesSection;
    private volatile bool _hasSection;
    private volatile bool _isCached;

    // _caching owns itself: the handles whose caching is initialised, in that order.
    private readonly List<NtFile> _caching = [];

    private NtStream(object identity, HostedStream? host)
    {
        _identity = identity;
        Host = host;
        Pins = new NtPins(this);
        _memory = host is null
            ? new UnmanagedMemory(sizeof(SECTION_OBJECT_POINTERS))
            : UnmanagedMemory.OfCaller(host.Pointers);
        _pointers = (SECTION_OBJECT_POINTERS*)_memory.Address;
        ByPointers[(nint)_pointers] = this;
    }

    internal NtResource Resource { get; } = new();

    internal NtPins Pins { get; }

    /// <summary>Pages between the end of the file and its allocation size that are mapped or pinned.</summary>
    internal ZeroPages Zeros { get; } = new();

    internal NtLog Log { get; } = new();

    internal SECTION_OBJECT_POINTERS* Pointers => _pointers;

    /// <summary>Whether the file is one of Concord's own cache.</summary>
    internal bool IsConcords => _identity is FileServices;

    /// <summary>The cache's state of the file.</summary>
    /// <exception cref="NotSupportedException">The file is not one of Concord's own cache.</exception>
    internal Concord.Caching.FileState State => Services.State;

    /// <summary>The file in its cache, with all that is done to it.</summary>
    /// <exception cref="NotSupportedException">The file is not one of Concord's own cache.</exception>
    internal FileServices Services => _identity as FileServices
        ?? throw new NotSupportedException(
            "this routine works on files of Concord's own cache (ConcordOpenFile, NtFile.From of a CachedFile)");

    /// <summary>Whether caching is initialised for any handle.</summary>
    internal bool IsCached => _isCached;

    /// <summary>Whether the stream has memory, so that there is something to be coherent with.</summary>
    internal bool HasSection => _hasSection;

    /// <summary>Whether the caller has said that the stream runs as a program.</summary>
    internal bool HasImage
    {
        get
        {
            bool hasImage = _pointers->ImageSectionObject is not null;
            GC.KeepAlive(_memory);
            return hasImage;
        }
    }

    /// <summary>The handles whose caching is initialised, the oldest first; a snapshot.</summary>
    internal IReadOnlyList<NtFile> CachedHandles
    {
        get
        {
            lock (_caching) return [.. _caching];
        }
    }

    /// <summary>What the calling thread reaches the stream through: its hold, or any handle that is open.</summary>
    /// <exception cref="ObjectDisposedException">Every handle was closed.</exception>
    internal ICoherentFile File => Resource.IsMineExclusively ? AcquiredFile
        : _identity is FileServices { State: var state }
            ? state.Handles is [ICoherentFile handle, ..]
                ? handle : throw new ObjectDisposedException(state.Store.Traits.Name)
        : FirstFile;

    private ICoherentFile FirstFile
    {
        get
        {
            lock (Gate) return _files.Count > 0 ? _files[0] : throw new ObjectDisposedException(nameof(NtFile));
        }
    }

    /// <summary>What the thread that has acquired the stream exclusively calls through.</summary>
    internal ICoherentFile AcquiredFile => Host is not null ? File : _hold ?? _acquiredThrough
        ?? throw new UnreachableException("the routine looks for the hold first");

    /// <summary>
    /// What the thread that has acquired the stream exclusively calls through as a handle's owner: with the rights of
    /// that handle, and told the errors that it has not heard, whichever handle the stream was acquired through.
    /// </summary>
    internal ICoherentFile HeldAs(ICoherentFile file) =>
        file is CachedFile cached && file != _acquiredThrough ? new ExclusiveHold(Services, cached) : AcquiredFile;

    /// <summary>
    /// Runs an operation through a handle of the stream. Which one it is makes no difference to the caller, so when
    /// that handle is closed meanwhile, another that is open takes its place.
    /// </summary>
    internal T Through<T>(Func<ICoherentFile, T> operation)
    {
        for (var file = File; ;)
        {
            try
            {
                return operation(file);
            }
            catch (ObjectDisposedException) when (file is CachedFile { IsClosed: true })
            {
                file = File;
            }
        }
    }

    /// <summary>The stream of a structure that an NT handle gave out, or null.</summary>
    internal static NtStream? Of(SECTION_OBJECT_POINTERS* pointers) => ByPointers.GetValueOrDefault((nint)pointers);

    /// <summary>The stream of a file, made with its first handle.</summary>
    /// <param name="file">The file.</param>
    /// <param name="host">What the file system brought that hosts the stream, or null.</param>
    /// <exception cref="InvalidOperationException">The stream has handles of another kind.</exception>
    internal static NtStream Join(ICoherentFile file, HostedStream? host)
    {
        object identity = file switch
        {
            FileOperations cached => cached.Services,
            SystemFile system => system.Identity,
            _ => file,
        };
        lock (Gate)
        {
            if (!ByIdentity.TryGetValue(identity, out var stream))
            {
                ByIdentity.Add(identity, stream = new NtStream(identity, host));
                stream.ShowSection(file);
            }

            if (stream.Host != host)
            {
                const string Reason = "a file is open, or attached to a file system's file objects, and not both";
                throw new InvalidOperationException(
                    Reason, new NtStatusException("attaching", NTSTATUS.STATUS_SHARING_VIOLATION, Reason));
            }

            stream._files.Add(file);
            return stream;
        }
    }

    /// <summary>Every stream there is; a snapshot.</summary>
    internal static IReadOnlyList<NtStream> All
    {
        get
        {
            lock (Gate) return [.. ByIdentity.Values];
        }
    }

    /// <exception cref="InvalidOperationException">
    /// The last handle is to go, and a thread has acquired the stream.
    /// </exception>
    internal void RefuseToLeave()
    {
        // A thread may have ended with the stream: end the file's hold that it left.
        EndAbandonedHold();
        lock (Gate)
        {
            if (_files.Count == 1 && Resource.IsAcquired)
            {
                throw new InvalidOperationException(
                    "a thread has acquired the file; it must release it before the last handle goes");
            }
        }
    }

    /// <summary>
    /// Takes a handle off; with the last one the structure is freed, when whoever has acquired the stream has released
    /// it.
    /// </summary>
    internal void Leave(ICoherentFile file)
    {
        lock (Gate)
        {
            _files.Remove(file);
            FreeUnusedLocked();
            if (!_isFreed) return;
        }

        EndCallbacks();
    }

    /// <summary>A handle's caching is initialised from now on.</summary>
    /// <returns>Whether it was not before.</returns>
    /// <exception cref="ObjectDisposedException">
    /// The handle was disposed meanwhile: nothing refers to it any more.
    /// </exception>
    internal bool AddCaching(NtFile handle)
    {
        lock (_caching)
        {
            if (_caching.Contains(handle)) return false;
            ObjectDisposedException.ThrowIf(handle.IsDisposed, handle);
            _caching.Add(handle);
            handle.ShowCaching(true);
            ShowCached();
            return true;
        }
    }

    /// <summary>A handle's caching is about to end.</summary>
    /// <returns>Whether no handle's goes on, so that what is dirty is this one's to settle.</returns>
    internal bool BeginEnding(NtFile handle)
    {
        lock (_caching)
        {
            if (!_caching.Contains(handle)) return false;
            handle.IsEnding = true;
            return _caching.TrueForAll(static other => other.IsEnding);
        }
    }

    /// <summary>Ends a handle's caching; the handle itself goes if its owner has disposed it.</summary>
    /// <returns>Whether the stream was cached and is not any more.</returns>
    internal bool RemoveCaching(NtFile handle)
    {
        bool isLast;
        lock (_caching)
        {
            if (!_caching.Remove(handle)) return false;
            handle.IsEnding = false;
            handle.ShowCaching(false);
            ShowCached();
            isLast = _caching.Count == 0;
        }

        handle.CacheMapGone();
        return isLast;
    }

    internal bool IsCaching(NtFile handle)
    {
        lock (_caching) return _caching.Contains(handle);
    }

    private void FreeUnusedLocked()
    {
        if (_files.Count > 0 || _isFreed || Resource.IsAcquired) return;
        _isFreed = true;
        ByIdentity.Remove(_identity);
        ByPointers.TryRemove((nint)_pointers, out _);
        if (_identity is FileServices services)
        {
            services.State.WatchSection(null);
            services.State.SharerRemoved = null;
        }
    }

    /// <summary>Gives the stream's memory up as soon as nothing uses it, if a caller asked for that.</summary>
    internal void CloseSectionIfDelayed()
    {
        if (!_closesSection || IsCached) return;
        Services.Cache.Sections.GiveUpSoon(State);
    }

    /// <summary>From now on the stream's memory goes when nothing uses it any more.</summary>
    internal void DelayClose()
    {
        _closesSection = true;
        State.SharerRemoved = CloseSectionIfDelayed;
        CloseSectionIfDelayed();
    }

    /// <summary>
    /// Keeps the first slot true: of Concord's cache, by its own word; the system's may have pages of any file at any
    /// time, and so may a cache that we know nothing of.
    /// </summary>
    private void ShowSection(ICoherentFile file)
    {
        if (file is FileOperations cached)
        {
            cached.State.WatchSection(Show);
            return;
        }

        Show(isThere: true);
        ShowCached();
    }

    /// <summary>The structure's own address says nothing to anybody, and is not null.</summary>
    private void Show(bool isThere)
    {
        if (!isThere) _closesSection = false;
        lock (_slots)
        {
            bool isIntact = IsIntactLocked;
            _hasSection = isThere;
            if (isIntact) _pointers->DataSectionObject = isThere ? _pointers : null;
        }

        GC.KeepAlive(_memory);
    }

    private void ShowCached()
    {
        lock (_slots)
        {
            bool isIntact = IsIntactLocked;
            _isCached = !IsConcords || _caching.Count > 0;
            if (isIntact) _pointers->SharedCacheMap = _isCached ? _pointers : null;
        }

        GC.KeepAlive(_memory);
    }
}
