namespace Concord.Caching;

/// <summary>Gives leases, and takes them back.</summary>
internal interface ILeaseOwner
{
    /// <summary>Whether the file has a log, whose numbers changes may carry.</summary>
    bool HasLog { get; }

    /// <summary>The lease ends, or was given up (<see cref="PageLease.IsAborted"/>). Once.</summary>
    void End(PageLease lease);

    /// <summary>
    /// The holder of a lease for reading writes from now on. Waits for writes to the store that have its bytes in
    /// flight.
    /// </summary>
    void BeginWriting(PageLease lease);

    /// <summary>The pages of a lease carry a number of the log.</summary>
    void NoteLogSequence(PageLease lease, long sequence);
}
