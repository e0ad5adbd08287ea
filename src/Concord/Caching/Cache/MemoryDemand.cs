namespace Concord.Caching;

/// <summary>What one file asks of the cache's memory for pages that are not durable.</summary>
/// <param name="Pages">How many of its pages are dirty, being written or waiting for a barrier.</param>
/// <param name="OwesBarrier">Whether some of them wait for a barrier.</param>
/// <param name="IsFailing">Whether its store has refused the last write or the last barrier.</param>
internal readonly record struct MemoryDemand(long Pages, bool OwesBarrier, bool IsFailing);
