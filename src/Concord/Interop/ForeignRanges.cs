namespace Concord.Interop;

/// <summary>
/// The table of foreign ranges: the layer that makes views fills it, and the layers below it read it, without a lock.
/// Ranges are whole pages and do not overlap, so rounding a range out to lines never enters one.
/// </summary>
internal sealed class ForeignRanges
{
    private readonly AddressTable<IForeignRange> _table = new();

    /// <summary>The table of this process.</summary>
    internal static ForeignRanges Shared { get; } = new();

    /// <summary>A snapshot of the table, which never changes.</summary>
    internal AddressTable<IForeignRange>.Snapshot Snapshot => _table.Current;

    /// <summary>Adds a range. Thread safe; takes the writers' lock and allocates.</summary>
    /// <exception cref="ArgumentException">The range is not whole pages, wraps round, or overlaps another.</exception>
    internal void Add(nint address, nuint length, IForeignRange owner)
    {
        var start = (nuint)address;
        var page = (nuint)Environment.SystemPageSize;
        if (length == 0 || (start | length) % page != 0 || start + length < start)
            throw new ArgumentException("a foreign range is whole pages that do not wrap round", nameof(length));
        if (!_table.TryAdd(start, start + length, owner))
            throw new ArgumentException("a foreign range must not overlap another", nameof(address));
    }

    /// <summary>
    /// Removes the range that starts at an address. Thread safe; takes the writers' lock and allocates.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    internal bool Remove(nint address) => _table.TryRemove((nuint)address);
}
