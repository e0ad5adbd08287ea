using Concord.Caching;
using Concord.Nt.Native;

namespace Concord.Nt;

/// <summary>
/// A file system's <see cref="CACHE_MANAGER_CALLBACKS"/> as the cache calls them around its own writes and reads.
/// </summary>
/// <param name="calls">The routines, copied: one that is null is not called.</param>
/// <param name="context">What they are given.</param>
/// <param name="former">Those of an earlier cache map, whose calls may still be under way; or null.</param>
internal sealed unsafe class NtCallbacks(CACHE_MANAGER_CALLBACKS calls, nint context, NtCallbacks? former)
    : IBackgroundLocks
{
    // _gate owns everything below. Pulsed when the last who is inside leaves.
    private readonly object _gate = new();
    private int _inside;
    private bool _isClosed;

    /// <summary>Whether they are these.</summary>
    internal bool Are(CACHE_MANAGER_CALLBACKS other, nint otherContext) =>
        context == otherContext
        && (nint)calls.AcquireForLazyWrite == (nint)other.AcquireForLazyWrite
        && (nint)calls.ReleaseFromLazyWrite == (nint)other.ReleaseFromLazyWrite
        && (nint)calls.AcquireForReadAhead == (nint)other.AcquireForReadAhead
        && (nint)calls.ReleaseFromReadAhead == (nint)other.ReleaseFromReadAhead;

    /// <summary>None is called any more, but to release. Returns when all have been released.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            while (_inside > 0) Monitor.Wait(_gate);
        }

        former?.Close();
    }

    public bool TryEnterWriteBack(bool mayWait) => TryEnter(calls.AcquireForLazyWrite, mayWait);

    public void LeaveWriteBack() => Leave(calls.ReleaseFromLazyWrite);

    public bool TryEnterReadAhead() => TryEnter(calls.AcquireForReadAhead, mayWait: false);

    public void LeaveReadAhead() => Leave(calls.ReleaseFromReadAhead);

    private bool TryEnter(delegate* unmanaged<void*, byte, byte> acquire, bool mayWait)
    {
        lock (_gate)
        {
            if (_isClosed) return false;
            _inside++;
        }

        // Threads of the system that a file system is called on take locks without further ado.
        CriticalRegion.Enter();
        if (acquire is null) return true;
        using (LastError.PutAside())
        {
            if (acquire((void*)context, mayWait ? (byte)1 : (byte)0) != 0) return true;
        }

        Left();
        return false;
    }

    private void Leave(delegate* unmanaged<void*, void> release)
    {
        if (release is not null)
        {
            using var aside = LastError.PutAside();
            release((void*)context);
        }

        Left();
    }

    private void Left()
    {
        _ = CriticalRegion.TryLeave();
        lock (_gate)
        {
            if (--_inside == 0) Monitor.PulseAll(_gate);
        }
    }
}
