namespace Concord;

/// <summary>Which pages of a range are resident: one bit a page.</summary>
public sealed class PageMap
{
    private readonly ulong[] _bits;

    internal PageMap(long firstPage, long pages)
    {
        FirstPage = firstPage;
        Pages = pages;
        _bits = new ulong[checked((int)((pages + 63) / 64))];
    }

    /// <summary>Number, within the file, of the first page the map tells of.</summary>
    public long FirstPage { get; }

    /// <summary>How many pages the map tells of.</summary>
    public long Pages { get; }

    /// <summary>Whether a page, numbered within the file, is resident.</summary>
    public bool this[long page] => (_bits[(page - FirstPage) / 64] >> (int)((page - FirstPage) % 64) & 1) != 0;

    /// <summary>How many pages of [start, end), numbered within the file, are resident.</summary>
    public long Count(long start, long end)
    {
        long count = 0;
        for (long page = start; page < end; page++) count += this[page] ? 1 : 0;
        return count;
    }

    internal void Set(long page) => _bits[(page - FirstPage) / 64] |= 1UL << (int)((page - FirstPage) % 64);
}
