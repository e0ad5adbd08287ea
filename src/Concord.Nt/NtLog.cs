namespace Concord.Nt;

/// <summary>The log of a stream, as <see cref="Ntifs.CcSetLogHandleForFile"/> was told of it.</summary>
internal sealed unsafe class NtLog : WriteAheadLog
{
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

    public override void FlushTo(long sequence)
    {
        void* handle;
        delegate* unmanaged<void*, LARGE_INTEGER, void> flush;
        lock (_gate)
        {
            handle = _handle;
            flush = _flush;
        }

        // Not set yet: then nothing carries a number of its.
        if (flush is not null) flush(handle, new LARGE_INTEGER { QuadPart = sequence });
    }
}
