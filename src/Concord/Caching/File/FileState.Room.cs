using Concord.Stores;

namespace Concord.Caching;

// Room for pages, and which files this one may wait for when it has none.
internal sealed partial class FileState
{
    private readonly LevelReserve.Loan _loan = new();

    /// <summary>The file's level among files whose stores are built on each other.</summary>
    internal StoreLevel Level { get; }

    /// <summary>How calls wait that may wait for the file's store.</summary>
    internal StoreWait StoreWait { get; }

    /// <summary>Whether calls of its store, or log, lead to no other file.</summary>
    internal bool CallsLeadNowhere => Store.IsLowest && Log is null;

    /// <summary>
    /// Whether the file has room of its own, and waits for nobody in a call of his store: one of those calls may come
    /// from there, on a thread that nobody knows.
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

    /// <summary>Stands aside from now on, if there is a place for it.</summary>
    /// <returns>False if it does already, or there is no place.</returns>
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
    internal void ReleaseBacked(int pages)
    {
        Cache.LevelReserve.Repay(_loan, pages);
        Cache.Counters.ReleaseBacked(pages);
    }
}
