namespace Concord;

/// <summary>What a coherent flush and purge may leave out.</summary>
/// <remarks>NT: the flags of CcCoherencyFlushAndPurgeCache, whose values these are.</remarks>
[Flags]
public enum CoherencyOptions
{
    /// <summary>Write back, make durable, drop every copy.</summary>
    None = 0,

    /// <summary>
    /// Write back and make durable; drop nothing. For a reader that is about to go to the store itself.
    /// </summary>
    NoPurge = 1,

    /// <summary>
    /// Leave mappings alone: the caller knows of no mapping of the range other than the cache's own. Saves the
    /// costly part, taking pages out of the processes that map them. Pages that turn out to be mapped are reported.
    /// </summary>
    ViewsNotSeen = 4,
}
