namespace Concord;

/// <summary>
/// What a cache holds at a moment: <see cref="FileCache.GetCurrentStatistics"/>. Bytes are those of whole pages.
/// </summary>
public sealed record FileCacheStatistics
{
    /// <summary>The most bytes in memory, without those that leases hold.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>The most bytes dirty before writers wait.</summary>
    public long MaxDirtyBytes { get; init; }

    /// <summary>Bytes in memory, purged pages that were not given back included.</summary>
    public long ResidentBytes { get; init; }

    /// <summary>Bytes that the stores have yet to accept.</summary>
    public long DirtyBytes { get; init; }

    /// <summary>Bytes that leases hold.</summary>
    public long LeasedBytes { get; init; }

    /// <summary>Bytes in memory that lie in huge pages.</summary>
    public long HugePageBytes { get; init; }

    /// <summary>How many files the cache knows, however many handles each has.</summary>
    public int Files { get; init; }

    /// <summary>How many of them could not be written back when they were disposed.</summary>
    public int FailedFiles { get; init; }
}
