namespace Concord.Stores;

/// <summary>How a tier's bytes are cut: into pages that are checked, and blocks that are kept or given away.</summary>
internal static class TierGeometry
{
    internal const int PageBytes = 4096, PagesPerBlock = 16, BlockBytes = PagesPerBlock * PageBytes;

    /// <summary>A mask of pages of a block, from one on.</summary>
    internal static int Mask(int firstPage, int pages) => ((1 << pages) - 1) << firstPage;
}
