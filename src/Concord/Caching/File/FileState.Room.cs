using Concord.Stores;

namespace Concord.Caching;

// Room for pages, and which files this one may wait for when it has none.
internal sealed partial class FileState
{
    private readonly LevelReserve.Loan _loan = new();

    /// <summary>The file's level among files whose stores are built on each other.</summary>
    internal StoreLevel Level { get; }

    private bool CallsLeadNowhere => Store.IsLowest && Log is null;

    /// <summary>
    /// Whether this file may wait for the write-back of another one: the other is no higher, so calls of its store do
    /// not wait for this file.
    /// </summary>
    internal bool MayWaitFor(FileState other) =>
        other.Level.Depth >= Level.Depth || other.CallsLeadNowhere;

    /// <summary>Whether a call that comes from a file's store may wait for this file.</summary>
    internal bool IsBelow(StoreLevel caller) => Level.Depth > caller.Depth || CallsLeadNowhere;

    /// <summary>Counts pages as backed if they fit; the caller then backs them.</summary>
    internal bool TryReserve(int pages)
    {
        if (Cache.TryReserve(pages)) return true;
        int depth = Level.Depth;
        return depth > 0
            && Cache.LevelReserve.TryBorrow(_loan, depth, pages, Cache.PiecePagesMax, Cache.Counters);
    }

    /// <summary>Whether so many pages would fit now.</summary>
    internal bool HasRoomFor(int pages)
    {
        if (Cache.HasRoomFor(pages)) return true;
        int depth = Level.Depth;
        return depth > 0 && Cache.LevelReserve.HasFor(depth, pages, Cache.PiecePagesMax);
    }

    /// <summary>Counts pages of the file as without memory.</summary>
    internal void ReleaseBacked(int pages)
    {
        Cache.LevelReserve.Repay(_loan, pages);
        Cache.Counters.ReleaseBacked(pages);
    }
}
