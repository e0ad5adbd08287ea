namespace Concord.Memory;

/// <summary>How many leases hold each page of an extent, and how many of them may write.</summary>
internal sealed class LeaseCounts
{
    private readonly int[] _all = new int[PageGeometry.PagesPerExtent];
    private readonly int[] _writing = new int[PageGeometry.PagesPerExtent];

    internal void Add(ulong pages, bool writing)
    {
        for (; pages != 0; pages &= pages - 1)
        {
            _all[PageMask.First(pages)]++;
            if (writing) _writing[PageMask.First(pages)]++;
        }
    }

    /// <summary>Counts a lease, which is counted already, as one that writes.</summary>
    internal void BeginWriting(ulong pages)
    {
        for (; pages != 0; pages &= pages - 1) _writing[PageMask.First(pages)]++;
    }

    /// <summary>Counts a lease that writes as one that does not. Returns the pages without one that writes.</summary>
    internal ulong EndWriting(ulong pages)
    {
        ulong unlent = PageMask.None;
        for (; pages != 0; pages &= pages - 1)
        {
            int page = PageMask.First(pages);
            if (--_writing[page] == 0) unlent |= 1UL << page;
        }

        return unlent;
    }

    /// <summary>Removes one lease. Returns the pages without a lease, and those without one that writes.</summary>
    internal (ulong Free, ulong Unlent) Remove(ulong pages, bool writing)
    {
        ulong free = PageMask.None, unlent = PageMask.None;
        for (; pages != 0; pages &= pages - 1)
        {
            int page = PageMask.First(pages);
            if (--_all[page] == 0) free |= 1UL << page;
            if (writing) _writing[page]--;
            if (_writing[page] == 0) unlent |= 1UL << page;
        }

        return (free, unlent);
    }
}
