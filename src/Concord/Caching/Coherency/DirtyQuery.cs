using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// Finds pages that are not durable in the store yet. The answers are snapshots, exact for a caller that holds the
/// file.
/// </summary>
internal static class DirtyQuery
{
    /// <summary>Where the first such page begins, or null.</summary>
    internal static long? FirstOffset(FileState file)
    {
        foreach (var extent in file.Extents.All)
        {
            ulong pages = PagesOf(extent);
            if (pages != PageMask.None) return PageGeometry.BytesOf(extent.Index, PageMask.FirstRun(pages)).Offset;
        }

        return null;
    }

    /// <summary>How many such pages meet a range.</summary>
    internal static long CountPages(FileState file, ByteRange range)
    {
        long count = 0;
        foreach (var extent in file.Extents.In(range))
        {
            count += PageMask.Count(PagesOf(extent) & PageGeometry.PagesOf(extent.Index, range));
        }
        return count;
    }

    private static ulong PagesOf(Extent extent)
    {
        lock (extent) return extent.NotDurable | extent.WriteLeased;
    }
}
