namespace Concord.Memory;

/// <summary>
/// The extents of one file, in two levels. A leaf is made with the first of its extents, so that memory and time grow
/// with the resident pages and never with the size of the file.
/// </summary>
/// <param name="counters">Counts the pages of the extents.</param>
/// <param name="pending">Counts the pages of the file that a flush has to handle.</param>
/// <param name="waker">Wakes threads that wait inside views for pages of the extents, or null.</param>
/// <remarks>Looking up takes no lock; adding and removing need the table's own.</remarks>
internal sealed class ExtentTable(PageCounters counters, PendingPageCount pending, IPageWaker? waker = null)
{
    // _gate owns every change; readers see either the old or the new array, and both are right.
    private readonly Lock _gate = new();
    private Root _root = new([], new OccupancyBitmap(0));

    /// <summary>The leaf in which an extent has its place, or null when none of its pages is in memory.</summary>
    internal ExtentLeaf? LeafOf(long extent)
    {
        var leaves = Volatile.Read(ref _root).Leaves;
        long leaf = extent >> ExtentLeaf.Shift;
        return (ulong)leaf < (ulong)leaves.Length ? Volatile.Read(ref leaves[leaf]) : null;
    }

    /// <summary>The extent of this number, or null when none of its pages is in memory.</summary>
    internal Extent? Find(long index) => LeafOf(index)?.At(ExtentLeaf.SlotOf(index));

    /// <summary>The extent of this number, made if there is none.</summary>
    /// <param name="index">Its number.</param>
    /// <param name="memory">The file's memory.</param>
    /// <exception cref="OutOfMemoryException">There is no address space left.</exception>
    internal Extent FindOrAdd(long index, IPageMemory memory)
    {
        if (Find(index) is { } found) return found;
        lock (_gate)
        {
            if (Find(index) is { } other) return other;
            int number = (int)(index >> ExtentLeaf.Shift);
            if (number >= _root.Leaves.Length) Volatile.Write(ref _root, _root.Grown(number + 1));
            var leaf = _root.Leaves[number];
            if (leaf is null) _root.Put(number, leaf = new ExtentLeaf(number, memory));
            var made = new Extent(index, leaf, counters, pending) { Waker = waker };
            leaf.Put(ExtentLeaf.SlotOf(index), made);
            return made;
        }
    }

    /// <summary>Forgets a retired extent.</summary>
    internal void Remove(Extent extent)
    {
        lock (_gate)
        {
            if (LeafOf(extent.Index) is not { } leaf || leaf.At(ExtentLeaf.SlotOf(extent.Index)) != extent) return;
            leaf.Put(ExtentLeaf.SlotOf(extent.Index), null);
            if (leaf.Count == 0) _root.Put((int)(extent.Index >> ExtentLeaf.Shift), null);
        }
    }

    /// <summary>
    /// The extents that meet a range, in ascending order. Extents that are added or removed during the walk may be
    /// missed.
    /// </summary>
    internal ExtentRange In(ByteRange range) => new(this, range);

    /// <summary>
    /// Whether an extent has a page in a range for which <paramref name="findLocked"/> looks. Takes one extent's lock
    /// after the other.
    /// </summary>
    /// <param name="range">The range.</param>
    /// <param name="state">Passed to <paramref name="findLocked"/>, which then needs no closure.</param>
    /// <param name="findLocked">Finds such pages among those of an extent that meet the range.</param>
    internal bool Any<TState>(ByteRange range, TState state, Func<Extent, ulong, TState, ulong> findLocked)
    {
        foreach (var extent in In(range))
        {
            ulong pages = PageGeometry.PagesOf(extent.Index, range);
            lock (extent)
            {
                if ((findLocked(extent, pages, state) & pages) != PageMask.None) return true;
            }
        }

        return false;
    }

    /// <summary>All extents, in ascending order.</summary>
    internal ExtentRange All => In(new ByteRange(0, long.MaxValue));

    /// <summary>
    /// The first extent of this number or a higher one, up to <paramref name="last"/>, or null;
    /// <paramref name="index"/> is then its number. Finds it without touching the extent, so that a walk does not take
    /// a cache miss for each one in turn.
    /// </summary>
    internal Extent? Next(ref long index, long last)
    {
        var root = Volatile.Read(ref _root);
        while (index <= last)
        {
            int number = root.Next(index >> ExtentLeaf.Shift);
            if (number < 0) return null;

            // A later leaf is searched from its first place on.
            long start = (long)number << ExtentLeaf.Shift;
            int slot = (int)Math.Max(index - start, 0);
            if (Volatile.Read(ref root.Leaves[number])?.Next(ref slot) is { } extent)
            {
                index = start + slot;
                return index <= last ? extent : null;
            }

            index = start + ExtentLeaf.Extents;
        }

        return null;
    }

    /// <summary>
    /// The leaves, and a bitmap of those that exist. Replaced by a longer one when a file reaches beyond it.
    /// </summary>
    private sealed class Root(ExtentLeaf?[] leaves, OccupancyBitmap taken)
    {
        internal ExtentLeaf?[] Leaves => leaves;

        /// <summary>The first leaf of this number or a higher one, or -1.</summary>
        internal int Next(long number) => number < leaves.Length ? taken.Next((int)number) : -1;

        /// <summary>Puts a leaf into its place, or takes it out. Called with the table's lock held.</summary>
        internal void Put(int number, ExtentLeaf? leaf)
        {
            Volatile.Write(ref leaves[number], leaf);
            taken.Set(number, leaf is not null);
        }

        internal Root Grown(int length)
        {
            length = Math.Max(length, Math.Min(leaves.Length * 2, 1 << 20));
            var grown = new ExtentLeaf?[length];
            leaves.CopyTo(grown, 0);
            return new Root(grown, taken.Grown(length));
        }
    }
}
