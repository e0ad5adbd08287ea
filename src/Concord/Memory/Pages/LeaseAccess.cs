namespace Concord;

/// <summary>What the holder of a lease may do, and which other leases may be on its pages.</summary>
public enum LeaseAccess
{
    /// <summary>Reads. Any number of leases may be on a page.</summary>
    Read = 0,

    /// <summary>
    /// Reads and writes. What the lease covers counts as dirty while it lasts, and is dirty after it.
    /// </summary>
    Write,

    /// <summary>
    /// Reads and writes, and no other lease is on the pages meanwhile: taking it waits until other leases have ended.
    /// </summary>
    Exclusive,

    /// <summary>
    /// Writes every byte of the range anew, with no other lease on it. A page that the range covers wholly and that is
    /// not in memory is not read from the store. It begins as zeros, and no other call sees it until the lease ends:
    /// calls that need it wait. A page that the range covers in part is loaded. A page in memory is held as with
    /// <see cref="Exclusive"/>. Before the lease has ended, its holder must not wait for another read or write of these
    /// pages. NT: CcPrepareMdlWrite.
    /// </summary>
    Overwrite,
}
