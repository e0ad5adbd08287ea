namespace Concord.Memory;

/// <summary>
/// The extents of one file, in two levels: leaves of 1,024 extents come into being when one of theirs does, so that
/// state and time grow with what is resident and never with the size of the file.
/// </summary>
/// <remarks>Looking up takes no lock; adding and removing need the table's own.</remarks>
internal sealed class ExtentTable
{
    private const int LeafShift = 10;
    private const int ExtentsPerLeaf = 1 << LeafShift;

    // _gate owns every change; readers see either the old or the new array, and both are right.
    private readonly Lock _gate = new();
    private Extent?[]?[] _root = [];

    /// <summary>The extent of this number, or null when none of its pages ever was in memory.</summary>
    internal Extent? Find(long index)
    {
        var root = Volatile.Read(ref _root);
        long leaf = index >> LeafShift;
        if ((ulong)leaf >= (ulong)root.Length) return null;
        var extents = Volatile.Read(ref root[leaf]);
        return extents is null ? null : Volatile.Read(ref extents[index & (ExtentsPerLeaf - 1)]);
    }

    /// <summary>The extent of this number, made by <paramref name="make"/> if there is none.</summary>
    internal Extent FindOrAdd(long index, Func<long, Extent> make)
    {
        if (Find(index) is { } found) return found;
        lock (_gate)
        {
            if (Find(index) is { } other) return other;
            long leaf = index >> LeafShift;
            if (leaf >= _root.Length)
            {
                var grown = new Extent?[]?[Math.Max((int)leaf + 1, Math.Min(_root.Length * 2, 1 << 20))];
                _root.CopyTo(grown, 0);
                Volatile.Write(ref _root, grown);
            }

            var extents = _root[leaf];
            if (extents is null) Volatile.Write(ref _root[leaf], extents = new Extent?[ExtentsPerLeaf]);
            var made = make(index);
            Volatile.Write(ref extents[index & (ExtentsPerLeaf - 1)], made);
            return made;
        }
    }

    /// <summary>Forgets a retired extent.</summary>
    internal void Remove(Extent extent)
    {
        lock (_gate)
        {
            long leaf = extent.Index >> LeafShift;
            if (Find(extent.Index) != extent) return;
            Volatile.Write(ref _root[leaf]![extent.Index & (ExtentsPerLeaf - 1)], null);
            if (Array.TrueForAll(_root[leaf]!, static slot => slot is null)) Volatile.Write(ref _root[leaf], null);
        }
    }

    /// <summary>The extents there are that meet a range, in ascending order.</summary>
    internal IEnumerable<Extent> In(ByteRange range)
    {
        if (range.IsEmpty) yield break;
        long first = PageGeometry.ExtentOf(range.Offset);
        long last = PageGeometry.ExtentOf(range.End - 1);
        for (long leaf = first >> LeafShift; leaf <= last >> LeafShift; leaf++)
        {
            var root = Volatile.Read(ref _root);
            if (leaf >= root.Length) yield break;
            var extents = Volatile.Read(ref root[leaf]);
            if (extents is null) continue;
            long start = Math.Max(first, leaf << LeafShift);
            long end = Math.Min(last, (leaf << LeafShift) + ExtentsPerLeaf - 1);
            for (long index = start; index <= end; index++)
            {
                if (Volatile.Read(ref extents[index & (ExtentsPerLeaf - 1)]) is { } extent) yield return extent;
            }
        }
    }

    /// <summary>Every extent there is, in ascending order.</summary>
    internal IEnumerable<Extent> All => In(new ByteRange(0, long.MaxValue));
}
