namespace Concord.Memory;

/// <summary>
/// Joins pages of several extents into ranges of bytes, since a call to the system costs as much for a short range as
/// for a long one.
/// </summary>
internal static class PageRuns
{
    /// <summary>
    /// Runs of neighbouring pages, across extents too: the longest there are, where the parts are in ascending order.
    /// </summary>
    /// <param name="parts">Pages of extents; an extent may come again.</param>
    /// <param name="isContiguous">
    /// Whether a run lies in one piece of memory, where it has to; null where that does not matter.
    /// </param>
    internal static IEnumerable<ByteRange> Join(
        IEnumerable<(Extent Extent, ulong Pages)> parts, Func<ByteRange, bool>? isContiguous = null)
    {
        var run = default(ByteRange);
        foreach (var (extent, pages) in parts)
        {
            for (ulong rest = pages; rest != PageMask.None; rest &= ~PageMask.FirstRun(rest))
            {
                var bytes = PageGeometry.BytesOf(extent.Index, PageMask.FirstRun(rest));
                bool follows = bytes.Offset == run.End && !run.IsEmpty;
                var joined = follows ? ByteRange.FromBounds(run.Offset, bytes.End) : bytes;
                if (follows && isContiguous?.Invoke(joined) == false) (follows, joined) = (false, bytes);
                if (!follows && !run.IsEmpty) yield return run;
                run = joined;
            }
        }

        if (!run.IsEmpty) yield return run;
    }
}
