namespace Concord.SystemCache;

/// <summary>Pages of a range in the system's cache; what is not known is <see langword="null"/>, never 0.</summary>
internal readonly record struct PageCounts(long? Resident, long? Dirty, long? UnderWriteBack)
{
    internal static PageCounts Unknown => default;

    internal static PageCounts None => new(0, 0, 0);
}
