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

    /// <summary>
    /// Every run of such pages, with the oldest and the newest number that its pages have in the file's log; 0 where
    /// they have none.
    /// </summary>
    internal static IReadOnlyList<(ByteRange Range, long Oldest, long Newest)> ListWithLog(FileState file)
    {
        List<(ByteRange Range, long Oldest, long Newest)> found = [];
        foreach (var extent in file.Extents.All)
        {
            lock (extent)
            {
                foreach (ulong run in PageMask.Runs(extent.NotDurable | extent.WriteLeased))
                {
                    found.Add((
                        PageGeometry.BytesOf(extent.Index, run), extent.OldestLogSequenceLocked(run),
                        extent.LogSequenceLocked(run)));
                }
            }
        }

        return found;
    }

    private static ulong PagesOf(Extent extent)
    {
        lock (extent) return extent.NotDurable | extent.WriteLeased;
    }
}
