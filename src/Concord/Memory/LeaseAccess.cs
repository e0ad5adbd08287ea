namespace Concord;

/// <summary>What the holder of a lease may do, and with whom it shares the pages.</summary>
public enum LeaseAccess
{
    /// <summary>Reads. Any number of leases may be on a page.</summary>
    Read = 0,

    /// <summary>Reads and writes. What the lease covers counts as dirty while it lasts, and is dirty after it.</summary>
    Write,

    /// <summary>Reads and writes, and no other lease is on the pages meanwhile: taking it waits for theirs to end.</summary>
    Exclusive,
}
