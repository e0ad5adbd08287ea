namespace Concord.Nt;

/// <summary>
/// What a call of <see cref="Ntifs.CcCoherencyFlushAndPurgeCache"/> came to; see <see cref="IO_STATUS_BLOCK.Outcome"/>.
/// </summary>
public enum CoherencyOutcome
{
    /// <summary>All was written, and every copy that was to go is gone.</summary>
    Done = 0,

    /// <summary>
    /// All was written, but some copy stayed, or it cannot be known that all went: STATUS_CACHE_PAGE_LOCKED.
    /// </summary>
    FlushedNotInvalidated,

    /// <summary>Something could not be written, or the call was refused.</summary>
    Failed,
}
