namespace Concord.Memory;

/// <summary>
/// The extents of a table that meet a range, one after the other. Takes no lock and allocates nothing.
/// </summary>
internal readonly struct ExtentRange(ExtentTable table, ByteRange range)
{
    public Enumerator GetEnumerator() => new(table, range);

    /// <summary>A snapshot, for a caller that removes extents during the walk. Allocates.</summary>
    internal List<Extent> ToList()
    {
        var extents = new List<Extent>();
        foreach (var extent in this) extents.Add(extent);
        return extents;
    }

    internal struct Enumerator(ExtentTable table, ByteRange range)
    {
        private readonly long _last = range.IsEmpty ? -1 : PageGeometry.ExtentOf(range.End - 1);
        private long _next = range.IsEmpty ? 0 : PageGeometry.ExtentOf(range.Offset);

        public Extent Current { get; private set; } = null!;

        /// <summary>The number of the current extent.</summary>
        internal readonly long Index => _next - 1;

        public bool MoveNext()
        {
            if (table.Next(ref _next, _last) is not { } extent) return false;
            Current = extent;
            _next++;
            return true;
        }
    }
}
