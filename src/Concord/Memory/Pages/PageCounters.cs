namespace Concord.Memory;

/// <summary>
/// How many pages of a cache have memory, are dirty, unsettled, leased and purged. Memory is counted before it is
/// taken, the other states as their masks change.
/// </summary>
internal sealed class PageCounters
{
    private long _backed;
    private long _dirty;
    private long _leased;
    private long _purged;
    private long _unsettled;

    internal long Backed => Volatile.Read(ref _backed);

    internal long Dirty => Volatile.Read(ref _dirty);

    internal long Leased => Volatile.Read(ref _leased);

    internal void AddDirty(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _dirty, pages);
    }

    /// <summary>Pages that are being written, or that a store has accepted and no barrier covers.</summary>
    internal long Unsettled => Volatile.Read(ref _unsettled);

    internal void AddUnsettled(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _unsettled, pages);
    }

    /// <summary>Pages of memory that hold no page and can go back to the system.</summary>
    internal long Purged => Volatile.Read(ref _purged);

    internal void AddPurged(int pages) => Interlocked.Add(ref _purged, pages);

    internal void AddLeased(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _leased, pages);
    }

    internal void AddBacked(int pages) => Interlocked.Add(ref _backed, pages);

    internal void ReleaseBacked(int pages) => Interlocked.Add(ref _backed, -pages);

    /// <summary>
    /// Counts pages as backed, if that keeps the limit: <paramref name="limit"/> plus what is leased (I7).
    /// </summary>
    internal bool TryAddBacked(int pages, long limit)
    {
        while (true)
        {
            long backed = Backed;
            if (backed + pages > limit + Leased) return false;
            if (Interlocked.CompareExchange(ref _backed, backed + pages, backed) == backed) return true;
        }
    }
}
