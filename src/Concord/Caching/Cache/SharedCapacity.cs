using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// The memory that caches without a capacity of their own share equally: a quarter of what the process may use. So
/// several libraries of one program that each make a cache do not take all memory together.
/// </summary>
internal sealed class SharedCapacity(long bytes)
{
    private const int PartOfProcess = 4;

    // _gate owns _members. Nothing else is locked while it is held. A cache that was dropped without
    // disposal does not keep its share.
    private readonly Lock _gate = new();
    private readonly List<WeakReference<CacheState>> _members = [];

    /// <summary>The shares of this process.</summary>
    internal static SharedCapacity OfProcess { get; } = new(Bytes);

    /// <summary>The bytes that all these caches have together.</summary>
    internal static long Bytes => Math.Max(
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / PartOfProcess,
            (long)CacheState.CapacityPagesMin * PageGeometry.PageBytes);

    /// <summary>Gives a cache its share, and all other caches a smaller one.</summary>
    internal void Join(CacheState cache)
    {
        lock (_gate)
        {
            _members.Add(new WeakReference<CacheState>(cache));
            ShareOutLocked();
        }
    }

    /// <summary>Divides the share of a closed cache among the other caches.</summary>
    internal void Leave(CacheState cache)
    {
        lock (_gate)
        {
            _members.RemoveAll(member => member.TryGetTarget(out var other) && other == cache);
            ShareOutLocked();
        }
    }

    private void ShareOutLocked()
    {
        _members.RemoveAll(static member => !member.TryGetTarget(out _));
        if (_members.Count == 0) return;
        long pages = Math.Max(CacheState.CapacityPagesMin, PageGeometry.PagesIn(bytes) / _members.Count);
        foreach (var member in _members)
        {
            if (member.TryGetTarget(out var cache)) cache.Resize(pages);
        }
    }
}
