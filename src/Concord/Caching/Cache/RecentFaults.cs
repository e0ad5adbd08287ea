using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// The pages that faults of views mapped last. An eviction takes other pages first: one instruction may touch several
/// pages, and completes only when all of them are mapped at once.
/// </summary>
internal sealed class RecentFaults(int capacity)
{
    private readonly Lock _gate = new();
    private readonly (Extent? Extent, ulong Page)[] _last = new (Extent?, ulong)[capacity];
    private int _next;
    private volatile bool _isUsed;

    internal void Add(Extent extent, ulong page)
    {
        lock (_gate)
        {
            foreach (ref var entry in _last.AsSpan())
            {
                if (entry.Extent == extent && entry.Page == page) return;
            }

            _isUsed = true;
            _last[_next] = (extent, page);
            _next = (_next + 1) % _last.Length;
        }
    }

    /// <summary>
    /// Returns the pages that may go without those mapped last. If no other page of the extent may go, returns none
    /// this time; the next time the pages mapped last may go as well.
    /// </summary>
    internal ulong Spare(Extent extent, ulong pages)
    {
        if (!_isUsed || pages == PageMask.None) return pages;
        lock (_gate)
        {
            ulong last = PageMask.None;
            foreach (ref var entry in _last.AsSpan())
            {
                if (entry.Extent == extent) last |= entry.Page & pages;
            }

            if (last != pages) return pages & ~last;
            foreach (ref var entry in _last.AsSpan())
            {
                if (entry.Extent == extent) entry = default;
            }

            return PageMask.None;
        }
    }
}
