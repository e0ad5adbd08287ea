namespace Concord;

/// <summary>What the system's cache holds of a range of a file; what cannot be known is null.</summary>
/// <param name="Range">The bytes asked about, clipped to the file.</param>
/// <param name="PageSize">Bytes a page.</param>
/// <param name="Pages">How many pages the range touches.</param>
/// <param name="Resident">Pages in the cache, or null when unknown.</param>
/// <param name="Dirty">Pages that differ from the store, or null when unknown.</param>
/// <param name="UnderWriteBack">Pages being written to the store now, or null when unknown.</param>
/// <param name="Map">Which pages are resident, or null when unknown or not asked for.</param>
public readonly record struct CacheResidency(
    ByteRange Range, int PageSize, long Pages, long? Resident, long? Dirty, long? UnderWriteBack, PageMap? Map);
