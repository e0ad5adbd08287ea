namespace Concord.Memory;

/// <summary>
/// How many pages of a cache have memory, are dirty, unstable and leased. Memory is counted before it is taken, the
/// other states as their masks change.
/// </summary>
internal sealed class PageCounters
{
    private long _backed;
    private long _dirty;
    private long _leased;
    private long _unstable;

    internal long Backed => Volatile.Read(ref _backed);

    internal long Dirty => Volatile.Read(ref _dirty);

    internal long Leased => Volatile.Read(ref _leased);

    internal void AddDirty(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _dirty, pages);
    }

    /// <summary>Pages that a store has accepted and no barrier covers.</summary>
    internal long Unstable => Volatile.Read(ref _unstable);

    internal void AddUnstable(int pages)
    {
        if (pages != 0) Interlocked.Add(ref _unstable, pages);
    }

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
