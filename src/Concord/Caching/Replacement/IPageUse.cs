namespace Concord.Caching;

/// <summary>What a replacement policy asks of the pages that it orders. It knows them by small numbers.</summary>
internal interface IPageUse
{
    /// <summary>Whether a page was used since the last call, or is gone. Takes its mark of use off.</summary>
    PageUse Look(uint page);

    /// <summary>A number for the page that it keeps when it leaves and comes again, scattered over 64 bits.</summary>
    ulong HashOf(uint page);
}

/// <summary>What became of a page.</summary>
internal enum PageUse
{
    /// <summary>It is there, and was not used.</summary>
    None,

    /// <summary>It was used.</summary>
    Used,

    /// <summary>It has left memory. The policy forgets it, and its number may be given to another page.</summary>
    Gone,
}
