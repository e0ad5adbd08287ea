using Concord.Stores;

namespace Concord.Caching;

// Room for pages, and which files this one may wait for when it has none.
internal sealed partial class FileState
{
    private readonly LevelReserve.Loan _loan = new();

    /// <summary>The file's level among files whose stores are built on each other.</summary>
    internal StoreLevel Level { get; }

    /// <summary>How calls wait that may have to wait for a call of the file's store.</summary>
    internal StoreWait StoreWait { get; }

    /// <summary>Whether calls of its store, or log, lead to no other file.</summary>
    internal bool CallsLeadNowhere => Store.IsLowest && Log is null;

    /// <summary>
    /// Whether the file has room of its own, and does not wait for a file whose store is in a call: that store may have
    /// called this file, from a thread that the cache cannot attribute to it.
    /// </summary>
    internal bool StandsAside => _loan.Place < 0;

    /// <summary>
    /// Whether this file may wait for the write-back of another one: the other is no higher, so calls of its store do
    /// not wait for this file.
    /// </summary>
    internal bool MayWaitFor(FileState other) =>
        other == this || other.CallsLeadNowhere
        || (other.Level.Depth >= Level.Depth && !(StandsAside && other.Level.Calls.Any));

    /// <summary>Whether a call that comes from a file's store may wait for this file.</summary>
    internal bool IsBelow(StoreLevel caller) => Level.Depth > caller.Depth || CallsLeadNowhere;

    /// <summary>Has the file stand aside, if a place is free.</summary>
    /// <returns>False if it stands aside already, or no place is free.</returns>
    internal bool TryStandAside() => Cache.LevelReserve.TryStandAside(_loan);

    /// <summary>Counts pages as backed if they fit; the caller then backs them.</summary>
    internal bool TryReserve(int pages) =>
        Cache.TryReserve(pages)
        || (HasReserve
            && Cache.LevelReserve.TryBorrow(_loan, Level.Depth, pages, Cache.PiecePagesMax, Cache.Counters));

    /// <summary>Whether so many pages would fit now.</summary>
    internal bool HasRoomFor(int pages) =>
        Cache.HasRoomFor(pages)
        || (HasReserve && Cache.LevelReserve.HasFor(_loan, Level.Depth, pages, Cache.PiecePagesMax));

    /// <summary>Whether there is room for the file beyond the capacity.</summary>
    internal bool HasReserve => Level.Depth > 0 || StandsAside;

    /// <summary>Counts pages of the file as without memory.</summary>
    /// <returns>How many of them give room to all files; the others were borrowed.</returns>
    internal int ReleaseBacked(int pages)
    {
        int borrowed = Cache.LevelReserve.Repay(_loan, pages);
        Cache.Counters.ReleaseBacked(pages);
        return pages - borrowed;
    }
}
