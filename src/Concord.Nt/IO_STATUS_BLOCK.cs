using System.Runtime.InteropServices;

namespace Concord.Nt;

/// <summary>How a call ended, and a number that depends on the call. (NT: IO_STATUS_BLOCK.)</summary>
public unsafe struct IO_STATUS_BLOCK
{
    private StatusOrPointer _first;

    /// <summary>How it ended.</summary>
    public NTSTATUS Status
    {
        readonly get => _first.Status;
        set => _first.Status = value;
    }

    /// <summary>Reserved; shares its memory with <see cref="Status"/>.</summary>
    public void* Pointer
    {
        readonly get => _first.Pointer;
        set => _first.Pointer = value;
    }

    /// <summary>
    /// For <see cref="Ntifs.CcCoherencyFlushAndPurgeCache"/>: bytes of the range known to be in the store.
    /// </summary>
    public nuint Information;

    /// <summary>
    /// What a coherency call came to. Callers overlook the one in the middle, since <see cref="Ntifs.NT_SUCCESS"/> is
    /// true of it as well: the store is up to date, and some reader may still see old bytes.
    /// </summary>
    public readonly CoherencyOutcome Outcome =>
        Status == NTSTATUS.STATUS_CACHE_PAGE_LOCKED ? CoherencyOutcome.FlushedNotInvalidated
        : Ntifs.NT_SUCCESS(Status) ? CoherencyOutcome.Done
        : CoherencyOutcome.Failed;

    /// <summary>
    /// What a coherency call came to, for people to read; a locked page reads otherwise than success, although both
    /// pass <see cref="Ntifs.NT_SUCCESS"/>. Allocates.
    /// </summary>
    public override readonly string ToString()
    {
        string outcome = Outcome switch
        {
            CoherencyOutcome.Done => "flushed and invalidated as asked",
            CoherencyOutcome.FlushedNotInvalidated => "flushed, not invalidated",
            _ => "failed",
        };
        return $"{outcome}: {Status}, {Information} bytes in the store";
    }

    [StructLayout(LayoutKind.Explicit)]
    private struct StatusOrPointer
    {
        [FieldOffset(0)]
        internal NTSTATUS Status;

        [FieldOffset(0)]
        internal void* Pointer;
    }
}
