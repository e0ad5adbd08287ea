namespace Concord;

/// <summary>What the holder of a lease may do, and with whom it shares the pages.</summary>
public enum LeaseAccess
{
    /// <summary>Reads. Any number of leases may be on a page.</summary>
    Read = 0,

    /// <summary>
    /// Reads and writes. What the lease covers counts as dirty while it lasts, and is dirty after it.
    /// </summary>
    Write,

    /// <summary>
    /// Reads and writes, and no other lease is on the pages meanwhile: taking it waits for theirs to end.
    /// </summary>
    Exclusive,

    /// <summary>
    /// Writes every byte of the range anew, alone: what the range covers wholly and is not in memory is not read from
    /// the store, begins as zeros, and is seen by nobody else until the lease ends: whoever asks for it waits. What it
    /// covers in part is loaded; what is in memory is held as with <see cref="Exclusive"/>. Its holder must not wait
    /// for a read or write of these pages by other ways before it has ended. NT: CcPrepareMdlWrite.
    /// </summary>
    Overwrite,
}
