namespace Concord.Memory;

/// <summary>
/// Turns pages into ranges of bytes, within an extent and over several that follow each other. The ranges are as long
/// as possible: a system call costs as much for a short one.
/// </summary>
internal static class PageRuns
{
    /// <summary>The runs of pages of one extent, in ascending order. Allocates nothing.</summary>
    internal static RunsOfExtent Of(long extent, ulong pages) => new(extent, pages);

    /// <summary>How many bytes of a range lie in pages of an extent.</summary>
    internal static long CountBytes(long extent, ulong pages, ByteRange range)
    {
        long bytes = 0;
        foreach (var run in Of(extent, pages)) bytes += run.Intersect(range).Length;
        return bytes;
    }

    /// <summary>
    /// Runs of neighbouring pages, also across extents: the longest possible, if the parts are in ascending order.
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
            foreach (var bytes in Of(extent.Index, pages))
            {
                bool follows = bytes.Offset == run.End && !run.IsEmpty;
                var joined = follows ? ByteRange.FromBounds(run.Offset, bytes.End) : bytes;
                if (follows && isContiguous?.Invoke(joined) == false) (follows, joined) = (false, bytes);
                if (!follows && !run.IsEmpty) yield return run;
                run = joined;
            }
        }

        if (!run.IsEmpty) yield return run;
    }

    /// <summary>The runs of one extent, to be walked over once.</summary>
    internal struct RunsOfExtent(long extent, ulong pages)
    {
        private PageMask.RunsOfMask _runs = PageMask.Runs(pages);

        public readonly ByteRange Current => PageGeometry.BytesOf(extent, _runs.Current);

        public readonly RunsOfExtent GetEnumerator() => this;

        public bool MoveNext() => _runs.MoveNext();
    }
}
