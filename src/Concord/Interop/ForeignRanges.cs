using System.Diagnostics;

namespace Concord.Interop;

/// <summary>
/// The table of foreign ranges: filled by the layer that makes views, read by the layers below it.
/// <list type="bullet">
/// <item>Readers take no lock and allocate nothing: they read one reference to an array that never changes, sorted
/// by address, and search it.</item>
/// <item>Writers take <see cref="_writers"/>, build the next array and publish it.</item>
/// <item>Ranges are whole pages and do not overlap; so rounding a range out to lines never enters one.</item>
/// </list>
/// </summary>
internal sealed class ForeignRanges
{
    /// <summary>One range and its owner.</summary>
    internal readonly record struct Entry(nuint Start, nuint End, IForeignRange Owner);

    private readonly Lock _writers = new();
    private volatile Entry[] _entries = [];

    /// <summary>The table of this process.</summary>
    internal static ForeignRanges Shared { get; } = new();

    /// <summary>What the table holds now, sorted by address. It never changes: a later table is another array.</summary>
    internal ReadOnlySpan<Entry> Snapshot => _entries;

    /// <summary>Adds a range. Thread safe; takes the writers' lock and allocates.</summary>
    /// <exception cref="ArgumentException">The range is not whole pages, wraps round, or overlaps another.</exception>
    internal void Add(nint address, nuint length, IForeignRange owner)
    {
        var start = (nuint)address;
        var page = (nuint)Environment.SystemPageSize;
        if (length == 0 || (start | length) % page != 0 || start + length < start)
            throw new ArgumentException("a foreign range is whole pages that do not wrap round", nameof(length));
        lock (_writers)
        {
            var entries = _entries;
            int index = FirstEndingAfter(entries, start);
            if (index < entries.Length && entries[index].Start < start + length)
                throw new ArgumentException("a foreign range must not overlap another", nameof(address));
            _entries = [.. entries[..index], new Entry(start, start + length, owner), .. entries[index..]];
        }
    }

    /// <summary>Removes the range that starts at an address. Thread safe; takes the writers' lock and allocates.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Remove(nint address)
    {
        lock (_writers)
        {
            var entries = _entries;
            int index = FirstEndingAfter(entries, (nuint)address);
            if (index == entries.Length || entries[index].Start != (nuint)address) return false;
            _entries = [.. entries[..index], .. entries[(index + 1)..]];
            return true;
        }
    }

    /// <summary>The index of the first entry that ends after an address: the first that a range from there can meet.</summary>
    internal static int FirstEndingAfter(ReadOnlySpan<Entry> entries, nuint address)
    {
        int low = 0, high = entries.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (entries[middle].End > address) high = middle;
            else low = middle + 1;
        }

        Debug.Assert(low == entries.Length || entries[low].End > address, "the entry found ends after the address");
        return low;
    }
}
