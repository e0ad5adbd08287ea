using Concord.Memory;

namespace Concord.Caching;

/// <summary>Finds blocks of memory with every page readable, for their sections to collect into huge pages.</summary>
internal sealed class HugeBlocks(CacheFiles files)
{
    /// <summary>
    /// The most blocks a pass: collecting copies a block, and so many take at most a tenth of a processor.
    /// </summary>
    private const int BlocksPerPass = 64;

    /// <summary>Bytes of the cache that lie in huge pages.</summary>
    internal long Bytes => files.All.Sum(static file => file.HugeSection?.HugeBytes ?? 0);

    /// <summary>One pass over all files.</summary>
    internal void Pass()
    {
        int left = BlocksPerPass;
        foreach (var file in files.All)
        {
            if (file.HugeSection is { } section) Pass(file, section, ref left);
        }
    }

    private static void Pass(FileState file, HugePageSection section, ref int left)
    {
        int extents = HugePageSection.ExtentsPerBlock;
        foreach (var extent in file.Extents.All)
        {
            if (left == 0) return;
            if (extent.Index % extents == 0 && section.Collect(extent.Index / extents, IsWhole)) left--;
        }

        bool IsWhole(long block)
        {
            for (long index = block * extents; index < (block + 1) * extents; index++)
            {
                if (file.Extents.LeafOf(index)?.Readable(ExtentLeaf.SlotOf(index)) != PageMask.All) return false;
            }

            return true;
        }
    }
}
