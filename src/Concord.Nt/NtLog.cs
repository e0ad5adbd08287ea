using Concord.Nt.Native;

namespace Concord.Nt;

/// <summary>The log of a stream, as <see cref="Ntifs.CcSetLogHandleForFile"/> was told of it.</summary>
internal sealed unsafe class NtLog : WriteAheadLog
{
    // Whether this thread is in a log's routine, and what the routine has said of its failure.
    [ThreadStatic]
    private static bool IsFlushing;

    [ThreadStatic]
    private static NTSTATUS Failure;

    // _gate owns both, which belong together.
    private readonly Lock _gate = new();
    private void* _handle;
    private delegate* unmanaged<void*, LARGE_INTEGER, void> _flush;

    internal void Set(void* handle, delegate* unmanaged<void*, LARGE_INTEGER, void> flush)
    {
        lock (_gate)
        {
            _handle = handle;
            _flush = flush;
        }
    }

    /// <summary>Whether it is the log of a handle.</summary>
    internal bool Is(void* handle)
    {
        lock (_gate) return _flush is not null && _handle == handle;
    }

    /// <summary>The log's routine that this thread is in cannot make the log durable.</summary>
    /// <returns>False, and nothing changed, if the thread is in none.</returns>
    internal static bool TryFail(NTSTATUS status)
    {
        if (!IsFlushing) return false;
        Failure = status;
        return true;
    }

    public override void FlushTo(long sequence)
    {
        void* handle;
        delegate* unmanaged<void*, LARGE_INTEGER, void> flush;
        lock (_gate)
        {
            handle = _handle;
            flush = _flush;
        }

        // Not set yet: then nothing waits for it.
        if (flush is null) return;
        var status = Call(flush, handle, sequence);
        if (status == NTSTATUS.STATUS_SUCCESS) return;
        string reason = $"the log's routine cannot make it durable up to {sequence}: {status}";
        var told = Ntifs.NT_SUCCESS(status) ? NTSTATUS.STATUS_UNEXPECTED_IO_ERROR : status;
        throw new IOException(reason, new NtStatusException("FlushToLsn", told, reason));
    }

    private static NTSTATUS Call(delegate* unmanaged<void*, LARGE_INTEGER, void> flush, void* handle, long sequence)
    {
        // The routine may flush a stream that has a log of its own.
        var outer = (IsFlushing, Failure);
        using var aside = LastError.PutAside();
        (IsFlushing, Failure) = (true, NTSTATUS.STATUS_SUCCESS);
        flush(handle, new LARGE_INTEGER { QuadPart = sequence });
        var status = Failure;
        (IsFlushing, Failure) = outer;
        return status;
    }
}
