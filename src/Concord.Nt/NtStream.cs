using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>
/// What all NT handles of one stream share: the section object pointers in unmanaged memory, and the lock. A stream is
/// a file in one cache; the same file in another cache is another stream, as its copies are others.
/// </summary>
internal sealed unsafe class NtStream
{
    // Gate owns ByIdentity and every _handles. ByPointers is read without.
    private static readonly Lock Gate = new();
    private static readonly Dictionary<object, NtStream> ByIdentity = [];
    private static readonly ConcurrentDictionary<nint, NtStream> ByPointers = new();

    private readonly object _identity;
    private readonly SECTION_OBJECT_POINTERS* _pointers;
    private int _handles;

    // Both belong to the thread that has the resource alone.
    private ICoherentFile? _acquiredThrough;
    private ExclusiveHold? _hold;

    private NtStream(object identity)
    {
        _identity = identity;
        _pointers = (SECTION_OBJECT_POINTERS*)NativeMemory.AllocZeroed((nuint)sizeof(SECTION_OBJECT_POINTERS));
        ByPointers[(nint)_pointers] = this;
    }

    internal NtResource Resource { get; } = new();

    internal SECTION_OBJECT_POINTERS* Pointers => _pointers;

    /// <summary>What the thread that has acquired the stream exclusively calls through.</summary>
    internal ICoherentFile AcquiredFile => _hold ?? _acquiredThrough
        ?? throw new UnreachableException("the routine looks for the hold first");

    /// <summary>The stream of a structure that an NT handle gave out, or null.</summary>
    internal static NtStream? Of(SECTION_OBJECT_POINTERS* pointers) => ByPointers.GetValueOrDefault((nint)pointers);

    /// <summary>The stream of a file, made with its first handle.</summary>
    internal static NtStream Join(ICoherentFile file)
    {
        object identity = file switch
        {
            FileOperations cached => cached.Map,
            SystemFile system => system.Identity,
            _ => file,
        };
        lock (Gate)
        {
            if (!ByIdentity.TryGetValue(identity, out var stream))
            {
                ByIdentity.Add(identity, stream = new NtStream(identity));
                stream.ShowSections(file);
            }

            stream._handles++;
            return stream;
        }
    }

    /// <summary>Takes a handle off; with the last one the structure is freed.</summary>
    /// <exception cref="InvalidOperationException">It is the last, and a thread has acquired the stream.</exception>
    internal void Leave()
    {
        lock (Gate)
        {
            if (_handles == 1 && Resource.IsAcquired)
            {
                throw new InvalidOperationException("a thread has acquired the file; it must release it before the last handle goes");
            }

            if (--_handles > 0) return;
            ByIdentity.Remove(_identity);
            ByPointers.TryRemove((nint)_pointers, out _);
            (_identity as Caching.CacheMap)?.WatchSection(null);
            NativeMemory.Free(_pointers);
        }
    }

    internal void AcquireExclusive(ICoherentFile file)
    {
        if (!Resource.AcquireExclusive()) return;
        try
        {
            _acquiredThrough = file;
            _hold = (file as CachedFile)?.AcquireExclusive();
        }
        catch
        {
            _acquiredThrough = null;
            Resource.Release();
            throw;
        }
    }

    internal void Release()
    {
        if (Resource.IsLastExclusive)
        {
            _hold?.Dispose();
            _hold = null;
            _acquiredThrough = null;
        }

        Resource.Release();
    }

    /// <summary>
    /// Keeps the slots true: of Concord's cache, by its own word; the system's may have pages of any file at any time,
    /// and so may a cache that we know nothing of.
    /// </summary>
    private void ShowSections(ICoherentFile file)
    {
        if (file is FileOperations cached) cached.Map.WatchSection(Show);
        else Show(isThere: true);
    }

    private void Show(bool isThere)
    {
        // The structure's own address says nothing to anybody, and is not null.
        void* something = isThere ? _pointers : null;
        _pointers->DataSectionObject = something;
        _pointers->SharedCacheMap = something;
    }
}
