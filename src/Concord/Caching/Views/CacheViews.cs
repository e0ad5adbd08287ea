using System.Collections.Concurrent;

namespace Concord.Caching;

/// <summary>
/// What the views of all files of one cache share: the dispatcher of their faults, and the limit of pages that they may
/// write unseen.
/// </summary>
internal sealed class CacheViews(CacheState cache)
{
    private PageFaultDispatcher? _faults;
    private long _writablyMapped;

    private readonly ConcurrentDictionary<ViewPages, byte> _shown = new();

    /// <summary>Answers the page faults of the views.</summary>
    internal PageFaultDispatcher Faults
    {
        get => _faults ?? PageFaultDispatcher.Shared;
        set => _faults = value;
    }

    /// <summary>The files with mapped views; a snapshot.</summary>
    internal IReadOnlyCollection<ViewPages> Shown => (IReadOnlyCollection<ViewPages>)_shown.Keys;

    /// <summary>
    /// The most pages that views may write unseen: half of the dirty limit, on top of what is known to be dirty.
    /// </summary>
    internal long WritablyMappedPagesMax => Math.Max(1, cache.DirtyPagesMax / 2);

    internal long WritablyMappedPages => Volatile.Read(ref _writablyMapped);

    /// <summary>Counts pages whatever the limit: for a thread that needs the page to go on.</summary>
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

    /// <summary>Adds a file with its first view.</summary>
    internal void Add(ViewPages pages) => _shown[pages] = 0;

    /// <summary>Removes a file whose last view is gone.</summary>
    internal void Remove(ViewPages pages) => _shown.TryRemove(pages, out _);
}
