using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Keeps hits, loads, faults and sharers' reads out of a range while its holder writes the store: set with the
/// purge epoch, lifted when the store has answered. Whoever waits for it holds nothing.
/// </summary>
internal sealed class Bar(CacheMap map, ByteRange range)
{
    private readonly List<(Extent Extent, ulong Pages)> _parts = [];
    private readonly ByteRange _pages = range.RoundOut(PageGeometry.PageBytes);

    /// <summary>Bars the range; once.</summary>
    internal void Set()
    {
        if (_parts.Count > 0 || _pages.IsEmpty) return;
        for (long index = PageGeometry.ExtentOf(_pages.Offset); index <= PageGeometry.ExtentOf(_pages.End - 1); index++)
        {
            var extent = map.ExtentAt(index);
            ulong pages = PageGeometry.PagesOf(index, _pages);
            lock (extent)
            {
                if (!extent.IsRetired)
                {
                    extent.BarLocked(pages, map.Scheduler);
                    _parts.Add((extent, pages));
                    continue;
                }
            }

            // It left its table between the look-up and the lock: once more, with a new one.
            index--;
        }
    }

    internal void Lift()
    {
        foreach (var (extent, pages) in _parts)
        {
            lock (extent) extent.UnbarLocked(pages, map.Scheduler);
        }

        _parts.Clear();
    }
}
