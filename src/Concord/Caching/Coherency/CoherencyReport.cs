using Concord.Interop;
using Concord.Memory;

namespace Concord.Caching;

/// <summary>Collects what one operation has done, and makes its result.</summary>
internal sealed class CoherencyReport
{
    private readonly FileState _file;
    private readonly List<LeftRange> _heldBySharers = [];
    private readonly List<LeftRange> _left = [];
    private long _bytesWritten;
    private long _pagesPurged;

    /// <param name="file">The file.</param>
    /// <param name="range">The bytes asked for.</param>
    /// <param name="includesTail">
    /// Whether a range that begins behind the file's end, in its last page, includes that page: the caller is about
    /// to make the file longer in the store.
    /// </param>
    internal CoherencyReport(FileState file, ByteRange range, bool includesTail = false)
    {
        _file = file;
        var whole = new ByteRange(0, file.Sizes.Length);
        Range = range.Intersect(whole);
        // A paging load that a cut overtook may have left pages of zeros behind the end.
        PageRange = IsWholeFile(range)
            ? range
            : (includesTail ? range : Range).RoundOut(
                PageGeometry.PageBytes).Intersect(whole.RoundOut(PageGeometry.PageBytes));
    }

    /// <summary>The bytes asked for, clipped to the file.</summary>
    internal ByteRange Range { get; }

    /// <summary>
    /// The whole pages that the bytes touch: what is flushed is what is purged (I5). For the whole file, also pages
    /// behind its end, loaded for a write that never came.
    /// </summary>
    internal ByteRange PageRange { get; }

    /// <summary>Pages that views do not get before this operation has dropped what it can.</summary>
    internal List<(Extent Extent, ulong Pages)> Frozen { get; } = [];

    /// <summary>The first write or barrier that failed.</summary>
    internal Exception? Failure { get; private set; }

    /// <summary>Whether a range covers the file wherever it may end.</summary>
    internal static bool IsWholeFile(ByteRange range) => range is { Offset: 0, End: long.MaxValue };

    internal void Wrote(long bytes, Exception? error)
    {
        _bytesWritten += bytes;
        Failure ??= error;
    }

    internal void Purged(int pages) => _pagesPurged += pages;

    internal void Stayed(IReadOnlyList<LeftRange> held) => _heldBySharers.AddRange(held);

    /// <summary>The pages of an extent that a sharer could not drop.</summary>
    internal ulong HeldBySharers(long extent)
    {
        ulong held = PageMask.None;
        foreach (var left in _heldBySharers) held |= PageGeometry.PagesOf(extent, left.Range);
        return held;
    }

    /// <summary>Notes the pages that an extent keeps after a purge, and why. Called with its lock held.</summary>
    internal void KeptLocked(Extent extent, ulong kept, ulong stuck)
    {
        kept = Take(extent, kept, extent.HeldByLease, LeftReason.Lease) & ~HeldBySharers(extent.Index);
        kept = Take(extent, kept, stuck, LeftReason.Reader);
        Take(extent, kept, kept, LeftReason.DirtyAgain);
    }

    /// <summary>
    /// Adds what sharers keep, whether the section has the page or not: a reader of the sharer's copy sees old bytes. A
    /// page that a lease keeps too is named once.
    /// </summary>
    internal void KeptBySharers()
    {
        var whole = new ByteRange(0, _file.Sizes.Length).RoundOut(PageGeometry.PageBytes);
        foreach (var held in _heldBySharers)
        {
            foreach (var part in Without(
                held.Range.RoundOut(PageGeometry.PageBytes).Intersect(PageRange).Intersect(whole), [.. _left]))
            {
                _left.Add(
                    new LeftRange(part.Intersect(new ByteRange(0, _file.Sizes.Length)), held.Reason, held.Holder));
            }
        }
    }

    /// <summary>Subtracts ranges from a range.</summary>
    private static List<ByteRange> Without(ByteRange range, LeftRange[] others)
    {
        var rest = new List<ByteRange>();
        long from = range.Offset;
        foreach (var other in others.OrderBy(static left => left.Range.Offset))
        {
            var named = other.Range.RoundOut(PageGeometry.PageBytes).Intersect(range);
            if (named.IsEmpty) continue;
            if (named.Offset > from) rest.Add(ByteRange.FromBounds(from, named.Offset));
            from = Math.Max(from, named.End);
        }

        if (from < range.End) rest.Add(ByteRange.FromBounds(from, range.End));
        return rest;
    }

    /// <summary>
    /// Adds pages that a lease can still change, although they were written; called with the extent's lock held.
    /// </summary>
    internal void WriteLeasedLocked(Extent extent, ulong pages) =>
        Take(extent, pages, extent.WriteLeased | extent.Overwriting, LeftReason.Lease);

    /// <summary>Begins a further round: forgets what the round before left.</summary>
    internal void BeginRound()
    {
        _left.Clear();
        _heldBySharers.Clear();
    }

    /// <summary>Step 6: bytes known to be in the store, what is left and why, status.</summary>
    /// <exception cref="WriteBackException">Something failed, now or in the background since the last time.</exception>
    internal CoherencyResult Finish(Exception? earlier)
    {
        // Count the bytes of the range that are not durable.
        long missing = _file.Pending.IsZero ? 0 : CountMissing();
        var left = Merge(_left);

        // The worst reason decides the status: unknown only if all of it is.
        var status = left.Count == 0 ? CoherencyStatus.Success
            : left.TrueForAll(static range => range.Reason == LeftReason.Unknown) ? CoherencyStatus.Unknown
            : CoherencyStatus.CachePageLocked;
        var result = new CoherencyResult(
            status, Math.Max(0, Range.Length - missing), _bytesWritten, _pagesPurged, left);

        // An error of this operation comes before one of the background.
        if (Failure is { } failure)
        {
            throw Failed(failure, "nothing that failed was dropped; flush again to retry", result);
        }
        if (earlier is not null)
        {
            throw Failed(earlier,
                missing == 0
                    ? "this happened in the background; the pages have been written since"
                    : "this happened in the background; flush again to retry", result);
        }
        return result;
    }

    /// <summary>The bytes that are not known to be in the store; after a failure they are named.</summary>
    private long CountMissing()
    {
        long missing = 0;
        foreach (var extent in _file.Extents.In(PageRange))
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, PageRange);
            lock (extent)
            {
                ulong notDurable = pages & extent.NotDurable;
                missing += PageRuns.CountBytes(extent.Index, notDurable, Range);
                if (Failure is not null) Take(extent, notDurable, notDurable, LeftReason.WriteFailed);
            }
        }

        return missing;
    }

    private ulong Take(Extent extent, ulong pages, ulong which, LeftReason reason, string? holder = null)
    {
        foreach (var run in PageRuns.Of(extent.Index, pages & which))
        {
            _left.Add(new LeftRange(run.Intersect(new ByteRange(0, _file.Sizes.Length)), reason, holder));
        }

        return pages & ~which;
    }

    private static List<LeftRange> Merge(List<LeftRange> left)
    {
        var merged = new List<LeftRange>(left.Count);
        left.Sort(static (a, b) => a.Range.Offset.CompareTo(b.Range.Offset));
        foreach (var next in left)
        {
            if (merged is [.., var last] && last.Range.End == next.Range.Offset
                && last.Reason == next.Reason && last.Holder == next.Holder)
            {
                merged[^1] = last with { Range = ByteRange.FromBounds(last.Range.Offset, next.Range.End) };
            }
            else
            {
                merged.Add(next);
            }
        }

        return merged;
    }

    private WriteBackException Failed(Exception error, string wayOut, CoherencyResult result) =>
        new($"writing back {_file.Store.Label} failed: {ShownText.Of(error)}; {wayOut}", result, error);
}
