using Concord.Memory;

namespace Concord.Caching;

/// <summary>
/// A run of neighbouring pages, over as many extents as it crosses, claimed for one write to the store.
/// </summary>
internal sealed class PageRun
{
    internal List<(Extent Extent, ulong Pages)> Parts { get; } = [];

    internal long PageCount { get; private set; }

    /// <summary>The bytes from the start of the first page to the end of the last.</summary>
    internal ByteRange Range => ByteRange.FromBounds(
        PageGeometry.BytesOf(Parts[0].Extent.Index, Parts[0].Pages).Offset,
        PageGeometry.BytesOf(Parts[^1].Extent.Index, Parts[^1].Pages).End);

    internal void Add(Extent extent, ulong pages)
    {
        Parts.Add((extent, pages));
        PageCount += PageMask.Count(pages);
    }
}
