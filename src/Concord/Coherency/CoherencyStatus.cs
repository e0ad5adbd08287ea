namespace Concord;

/// <summary>
/// How a coherent flush and purge ended. None of these is a failure: a write that failed is an exception.
/// </summary>
public enum CoherencyStatus
{
    /// <summary>Everything was written, and every copy in the range was dropped.</summary>
    Success = 0,

    /// <summary>
    /// Everything was written, but some copies stayed, because something holds them;
    /// <see cref="CoherencyResult.Left"/> says which and what.
    /// </summary>
    /// <remarks>NT: STATUS_CACHE_PAGE_LOCKED, a success code.</remarks>
    CachePageLocked = 1,

    /// <summary>
    /// Everything was written, but whether every copy was dropped cannot be known here;
    /// <see cref="CoherencyResult.Left"/> says for which pages and why.
    /// </summary>
    Unknown = 2,
}
