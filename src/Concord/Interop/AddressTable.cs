using System.Diagnostics;

namespace Concord.Interop;

/// <summary>
/// Ranges of addresses, sorted, that do not overlap, each with its owner.
/// <list type="bullet">
/// <item>Readers take no lock and allocate nothing: they read one reference to leaves that never change.</item>
/// <item>Writers take <see cref="_writers"/>, and copy one leaf and the list of leaves: with ten thousand ranges that
/// is some kilobytes, not all of them.</item>
/// </list>
/// </summary>
internal sealed class AddressTable<T>
    where T : class
{
    /// <summary>The most ranges of a leaf: with about as many leaves, both arrays are short.</summary>
    private const int LeafMax = 128;

    private readonly Lock _writers = new();
    private volatile Entry[][] _leaves = [];

    /// <summary>One range and its owner.</summary>
    internal readonly record struct Entry(nuint Start, nuint End, T Owner);

    /// <summary>A snapshot of the table, which never changes.</summary>
    internal Snapshot Current => new(_leaves);

    /// <summary>Adds a range. Thread safe; takes the writers' lock and allocates.</summary>
    /// <returns>False if it overlaps another; nothing changed.</returns>
    internal bool TryAdd(nuint start, nuint end, T owner)
    {
        Debug.Assert(start < end, "a range has a byte");
        lock (_writers)
        {
            var added = new Entry(start, end, owner);
            if (_leaves.Length == 0)
            {
                _leaves = [[added]];
                return true;
            }

            if (Current.TryFind(start, out var next) && next.Start < end) return false;

            // A range behind all others goes into the last leaf.
            int number = Math.Min(Snapshot.LeafEndingAfter(_leaves, start), _leaves.Length - 1);
            var leaf = _leaves[number];
            int index = Snapshot.IndexEndingAfter(leaf, start);
            Entry[] longer = [.. leaf[..index], added, .. leaf[index..]];
            _leaves = longer.Length <= LeafMax
                ? [.. _leaves[..number], longer, .. _leaves[(number + 1)..]]
                : [.. _leaves[..number], longer[..(LeafMax / 2)], longer[(LeafMax / 2)..], .. _leaves[(number + 1)..]];
            return true;
        }
    }

    /// <summary>
    /// Removes the range that starts at an address. Thread safe; takes the writers' lock and allocates.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    internal bool TryRemove(nuint start)
    {
        lock (_writers)
        {
            int number = Snapshot.LeafEndingAfter(_leaves, start);
            if (number == _leaves.Length) return false;
            var leaf = _leaves[number];
            int index = Snapshot.IndexEndingAfter(leaf, start);
            if (leaf[index].Start != start) return false;
            _leaves = leaf.Length == 1
                ? [.. _leaves[..number], .. _leaves[(number + 1)..]]
                : [.. _leaves[..number], [.. leaf[..index], .. leaf[(index + 1)..]], .. _leaves[(number + 1)..]];
            return true;
        }
    }

    /// <summary>The ranges of the table at one moment.</summary>
    internal readonly struct Snapshot(Entry[][] leaves)
    {
        internal bool IsEmpty => leaves.Length == 0;

        internal int Count => leaves.Sum(static leaf => leaf.Length);

        internal Entry[] ToArray() => [.. leaves.SelectMany(static leaf => leaf)];

        /// <summary>
        /// Finds the first range that ends after an address: the first that a range from there can meet.
        /// </summary>
        internal bool TryFind(nuint address, out Entry entry)
        {
            int number = LeafEndingAfter(leaves, address);
            if (number == leaves.Length)
            {
                entry = default;
                return false;
            }

            var leaf = leaves[number];
            entry = leaf[IndexEndingAfter(leaf, address)];
            Debug.Assert(entry.End > address, "the range found ends after the address");
            return true;
        }

        internal static int LeafEndingAfter(Entry[][] leaves, nuint address)
        {
            int low = 0, high = leaves.Length;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (leaves[middle][^1].End > address) high = middle;
                else low = middle + 1;
            }

            return low;
        }

        internal static int IndexEndingAfter(Entry[] leaf, nuint address)
        {
            int low = 0, high = leaf.Length;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (leaf[middle].End > address) high = middle;
                else low = middle + 1;
            }

            return low;
        }
    }
}
