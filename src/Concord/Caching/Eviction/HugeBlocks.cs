using Concord.Memory;

namespace Concord.Caching;

/// <summary>Finds blocks of memory that are whole and stay so, for their sections to collect into huge pages.</summary>
internal sealed class HugeBlocks(CacheCore core)
{
    /// <summary>Collecting a block copies it: so many a pass take a tenth of a processor at most.</summary>
    private const int BlocksPerPass = 64;

    /// <summary>Bytes of the cache that lie in huge pages.</summary>
    internal long Bytes => core.Maps.Sum(static map => map.HugeSection?.HugeBytes ?? 0);

    /// <summary>One pass over all files.</summary>
    internal void Pass()
    {
        int left = BlocksPerPass;
        foreach (var map in core.Maps)
        {
            if (map.HugeSection is { } section) Pass(map, section, ref left);
        }
    }

    private static void Pass(CacheMap map, HugePageSection section, ref int left)
    {
        int extents = HugePageSection.ExtentsPerBlock;
        foreach (var extent in map.Extents.All)
        {
            if (left == 0) return;
            if (extent.Index % extents == 0 && section.Collect(extent.Index / extents, IsWhole)) left--;
        }

        bool IsWhole(long block)
        {
            for (long index = block * extents; index < (block + 1) * extents; index++)
            {
                if (map.Extents.LeafOf(index)?.Readable(ExtentLeaf.SlotOf(index)) != PageMask.All) return false;
            }

            return true;
        }
    }
}
