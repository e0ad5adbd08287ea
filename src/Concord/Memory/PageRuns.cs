namespace Concord.Memory;

/// <summary>Pages of several extents as ranges of bytes: a call to the system costs as much for a long one as for a short one.</summary>
internal static class PageRuns
{
    /// <summary>The longest runs of neighbouring pages, across extents too.</summary>
    /// <param name="parts">Pages of extents, in ascending order.</param>
    /// <param name="section">Where runs have to be contiguous in memory as well, or null.</param>
    internal static IEnumerable<ByteRange> Join(IEnumerable<(Extent Extent, ulong Pages)> parts, Section? section = null)
    {
        var run = default(ByteRange);
        foreach (var (extent, pages) in parts)
        {
            for (ulong rest = pages; rest != PageMask.None; rest &= ~PageMask.FirstRun(rest))
            {
                var bytes = PageGeometry.BytesOf(extent.Index, PageMask.FirstRun(rest));
                var joined = ByteRange.FromBounds(run.IsEmpty ? bytes.Offset : run.Offset, bytes.End);
                bool follows = run.IsEmpty || (run.End == bytes.Offset && section?.IsContiguous(joined) != false);
                if (!follows) yield return run;
                run = follows ? joined : bytes;
            }
        }

        if (!run.IsEmpty) yield return run;
    }
}
