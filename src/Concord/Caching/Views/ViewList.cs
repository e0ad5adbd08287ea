using Concord.Memory;

namespace Concord.Caching;

/// <summary>The views of one file that are mapped, and which parts of it they show.</summary>
internal sealed class ViewList
{
    private ViewMapping[] _mappings = [];
    private long _trims;

    /// <summary>The views that are mapped; a snapshot that never changes.</summary>
    internal ViewMapping[] Mappings => Volatile.Read(ref _mappings);

    /// <summary>How often a purge took pages out of views.</summary>
    internal long Trims => Volatile.Read(ref _trims);

    internal void CountTrim() => Interlocked.Increment(ref _trims);

    /// <summary>
    /// Adds a view. Not thread safe together with <see cref="Remove"/>: callers hold the gate of <see cref="Views"/>.
    /// </summary>
    internal void Add(ViewMapping view) => Volatile.Write(ref _mappings, [.. _mappings, view]);

    internal void Remove(ViewMapping view) =>
        Volatile.Write(ref _mappings, [.. _mappings.Where(other => other != view)]);

    /// <summary>Whether a view open for writing shows a part of a range.</summary>
    internal bool CanWrite(ByteRange range) =>
        Array.Exists(Mappings, view => view.IsTracked && !view.Range.Intersect(range).IsEmpty);

    /// <summary>Whether any view shows a part of a range.</summary>
    internal bool Meets(ByteRange range) => Array.Exists(Mappings, view => !view.Range.Intersect(range).IsEmpty);

    /// <summary>The part of a range from the first to the last byte that writable views show.</summary>
    internal ByteRange TrackedAround(ByteRange range)
    {
        long from = range.End, end = range.Offset;
        foreach (var view in Mappings)
        {
            var part = view.Range.Intersect(range);
            if (!view.IsTracked || part.IsEmpty) continue;
            (from, end) = (Math.Min(from, part.Offset), Math.Max(end, part.End));
        }

        return from < end ? ByteRange.FromBounds(from, end) : new ByteRange(range.Offset, 0);
    }

    /// <summary>The pages of an extent that views open for writing show.</summary>
    internal ulong Tracked(long extent)
    {
        ulong pages = PageMask.None;
        foreach (var view in Mappings)
        {
            if (view.IsTracked) pages |= PageGeometry.PagesOf(extent, view.Range);
        }

        return pages;
    }
}
