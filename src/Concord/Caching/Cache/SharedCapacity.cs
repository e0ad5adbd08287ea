using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// The memory that caches without a capacity of their own share: a quarter of what the process may use, in equal
/// shares. Several libraries of one program that each make a cache must not take it all together.
/// </summary>
internal sealed class SharedCapacity(long bytes)
{
    private const int PartOfProcess = 4;

    // _gate owns _members. Nothing else is locked while it is held. A cache that was dropped without a word does not
    // keep its share.
    private readonly Lock _gate = new();
    private readonly List<WeakReference<CacheState>> _members = [];

    /// <summary>The shares of this process.</summary>
    internal static SharedCapacity OfProcess { get; } = new(Bytes);

    /// <summary>Bytes that all of them have together.</summary>
    internal static long Bytes => Math.Max(
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / PartOfProcess,
            (long)CacheState.CapacityPagesMin * PageGeometry.PageBytes);

    /// <summary>Gives a cache its share, and all others a smaller one.</summary>
    internal void Join(CacheState cache)
    {
        lock (_gate)
        {
            _members.Add(new WeakReference<CacheState>(cache));
            ShareOutLocked();
        }
    }

    /// <summary>Shares out among the others what a cache had that is closed.</summary>
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
