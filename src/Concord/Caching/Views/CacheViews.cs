using System.Collections.Concurrent;

namespace Concord.Caching;

/// <summary>
/// What the views of all files of one cache share: who answers their faults, and how much they may write unseen.
/// </summary>
internal sealed class CacheViews(CacheState cache)
{
    private PageFaultDispatcher? _faults;
    private long _writablyMapped;

    private readonly ConcurrentDictionary<ViewPages, byte> _shown = new();

    /// <summary>Where page faults are answered.</summary>
    internal PageFaultDispatcher Faults
    {
        get => _faults ?? PageFaultDispatcher.Shared;
        set => _faults = value;
    }

    /// <summary>The pages of files that views are mapped of; a snapshot.</summary>
    internal IReadOnlyCollection<ViewPages> Shown => (IReadOnlyCollection<ViewPages>)_shown.Keys;

    /// <summary>
    /// The most pages that views may write unseen: half of the dirty limit, on top of what is known to be dirty.
    /// </summary>
    internal long WritablyMappedPagesMax => Math.Max(1, cache.DirtyPagesMax / 2);

    internal long WritablyMappedPages => Volatile.Read(ref _writablyMapped);

    /// <summary>Counts pages whatever the limit says: who cannot be given less.</summary>
    internal void CountWritablyMapped(int pages) => Interlocked.Add(ref _writablyMapped, pages);

    internal bool TryCountWritablyMapped(int pages)
    {
        if (pages == 0 || Interlocked.Add(ref _writablyMapped, pages) <= WritablyMappedPagesMax) return true;
        Interlocked.Add(ref _writablyMapped, -pages);
        return false;
    }

    internal void UncountWritablyMapped(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _writablyMapped, -pages);
    }

    /// <summary>A file has its first view.</summary>
    internal void Add(ViewPages pages) => _shown[pages] = 0;

    /// <summary>A file has lost its last view.</summary>
    internal void Remove(ViewPages pages) => _shown.TryRemove(pages, out _);
}
