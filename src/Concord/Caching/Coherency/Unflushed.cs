using Concord.Memory;

namespace Concord.Caching;

/// <summary>What of a file is not durable in its store yet. Snapshots: who holds the file sees them stand still.</summary>
internal static class Unflushed
{
    /// <summary>Where the first such page begins, or null.</summary>
    internal static long? FirstOffset(CacheMap map)
    {
        foreach (var extent in map.Extents.All)
        {
            ulong pages = PagesOf(extent);
            if (pages != PageMask.None) return PageGeometry.BytesOf(extent.Index, PageMask.FirstRun(pages)).Offset;
        }

        return null;
    }

    /// <summary>How many such pages meet a range.</summary>
    internal static long CountPages(CacheMap map, ByteRange range)
    {
        long count = 0;
        foreach (var extent in map.Extents.In(range)) count += PageMask.Count(PagesOf(extent) & PageGeometry.PagesOf(extent.Index, range));
        return count;
    }

    private static ulong PagesOf(Extent extent)
    {
        lock (extent) return extent.Unwritten | extent.Writing | extent.Unstable;
    }
}
