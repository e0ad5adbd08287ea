namespace Concord;

/// <summary>How much of a file, or of a range of it, is in memory: bytes of whole pages.</summary>
/// <param name="Resident">In memory, and read without the store.</param>
/// <param name="Dirty">Of these, bytes that the store has yet to accept.</param>
/// <param name="Unflushed">
/// Of these, bytes that are not known to be durable: dirty, under a writable lease, being written, or accepted and not
/// yet covered by a barrier.
/// </param>
/// <param name="Leased">Held in place by leases.</param>
public readonly record struct CachedBytes(long Resident, long Dirty, long Unflushed, long Leased);
