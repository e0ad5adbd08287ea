namespace Concord.Caching;

/// <summary>
/// Answers the faults of a view (<see cref="ViewFaults"/>). Called on threads of <see cref="PageFaultDispatcher"/> and
/// <see cref="SlowFaults"/>.
/// </summary>
internal interface IFaultOwner
{
    /// <summary>
    /// Answers a thread that waits for a page, or notes that it waits, so that it is answered later. Allocates nothing,
    /// logs nothing, and takes no lock that code outside this library can hold.
    /// </summary>
    /// <param name="view">The view.</param>
    /// <param name="offset">The page's first byte in the file.</param>
    /// <param name="isProtected">Whether the page is resident and the thread writes it (the synchronous form).</param>
    /// <param name="worker">The thread that answers.</param>
    /// <param name="error">Why the page cannot be supplied; a slow thread tells the waiting thread.</param>
    /// <returns>
    /// False if the answer needs more than that: the caller has a slow thread call <see cref="AnswerSlowly"/>.
    /// </returns>
    bool TryAnswer(ViewMapping view, long offset, bool isProtected, FaultWorker worker, out Exception? error);

    /// <summary>Answers a thread that waits for a page. May allocate, evict and wait for the store.</summary>
    void AnswerSlowly(ViewMapping view, long offset, bool isProtected, FaultWorker worker, Exception? error);
}
