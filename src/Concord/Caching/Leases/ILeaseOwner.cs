namespace Concord.Caching;

/// <summary>Gives leases, and takes them back.</summary>
internal interface ILeaseOwner
{
    /// <summary>Whether the file has a log, so that changes may carry log numbers.</summary>
    bool HasLog { get; }

    /// <summary>Ends a lease, or gives it up (<see cref="PageLease.IsAborted"/>). Called once.</summary>
    void End(PageLease lease);

    /// <summary>
    /// Makes a lease for reading one for writing. Waits for writes of its pages to the store.
    /// </summary>
    void BeginWriting(PageLease lease);

    /// <summary>Notes the log number that the pages of a lease carry.</summary>
    void NoteLogSequence(PageLease lease, long sequence);
}
