namespace Concord.SystemCache;

/// <summary>Finds out how much of a range is in the cache. Changes nothing.</summary>
internal static class ResidencyQuery
{
    internal static CacheResidency Run(PageCacheFile file, ByteRange? range, ResidencyDetail detail)
    {
        EnumArgument.ThrowIfUndefined(detail);
        return Run(file, PageRange.Of(file, range), detail);
    }

    internal static CacheResidency Run(PageCacheFile file, PageRange asked, ResidencyDetail detail)
    {
        PageCounts counts = file.Count(asked.Pages);
        PageMap? map = detail == ResidencyDetail.Pages ? file.Map(asked.Pages) : null;
        long? resident = map is null ? counts.Resident : map.Count(map.FirstPage, map.FirstPage + map.Pages);
        return new(asked.Bytes, PageRange.PageSize, asked.PageCount, resident, counts.Dirty, counts.UnderWriteBack,
            map);
    }
}
