namespace Concord.Nt;

// The stream's lock, and the file's hold that comes and goes with it.
internal sealed unsafe partial class NtStream
{
    // Both belong to the thread that has the resource alone.
    private ICoherentFile? _acquiredThrough;
    private ExclusiveHold? _hold;

    /// <summary>Whether the latest acquisition found the stream abandoned by a thread that has ended.</summary>
    internal bool WasAbandoned { get; private set; }

    /// <summary>Takes the stream for the calling thread alone, and with it the file's hold.</summary>
    /// <exception cref="NtPreconditionException">
    /// A thread ended without releasing it, and rules are checked: the stream is free now, and not this thread's.
    /// </exception>
    internal void AcquireExclusive(ICoherentFile file)
    {
        if (!Resource.AcquireExclusive())
        {
            WasAbandoned = false;
            return;
        }

        try
        {
            EndAbandonedHold();
            WasAbandoned = Resource.TakeAbandoned();
            if (WasAbandoned && NtChecks.IsEnabled) throw Abandoned(nameof(AcquireExclusive));
            _acquiredThrough = file;
            _hold = (file as CachedFile)?.AcquireExclusive();
        }
        catch
        {
            _acquiredThrough = null;
            ReleaseResource();
            throw;
        }
    }

    /// <summary>The same, shared.</summary>
    /// <exception cref="NtPreconditionException">As for <see cref="AcquireExclusive"/>.</exception>
    internal void AcquireShared()
    {
        Resource.AcquireShared();
        EndAbandonedHold();
        WasAbandoned = Resource.TakeAbandoned();
        if (!WasAbandoned || !NtChecks.IsEnabled) return;
        ReleaseResource();
        throw Abandoned(nameof(AcquireShared));
    }

    /// <summary>
    /// Ends the hold of a thread that ended with it. The thread that has the stream now waits for that hold, and
    /// has not put its own in its place.
    /// </summary>
    private void EndAbandonedHold()
    {
        if (Resource.TakeWhatWasAlone()) Interlocked.Exchange(ref _hold, null)?.Dispose();
    }

    private static Exception Abandoned(string routine) => NtCall.Broken(routine, NTSTATUS.STATUS_ABANDONED,
        "a thread that had acquired the file has ended without releasing it: what it protects may be half done");

    internal void Release()
    {
        if (Resource.IsLastExclusive)
        {
            _hold?.Dispose();
            _hold = null;
            _acquiredThrough = null;
        }

        ReleaseResource();
    }

    private void ReleaseResource()
    {
        Resource.Release();
        lock (Gate) FreeUnusedLocked();
    }
}
