using System.Collections.Concurrent;

namespace Concord.Nt;

/// <summary>
/// The state of an <see cref="ERESOURCE"/>. Threads that wait for it alone go before sharers that come later; when one
/// that had it alone releases it, all sharers go first that waited by then, so that neither kind starves.
/// </summary>
/// <remarks>
/// A thread that ends abandons its acquisitions: they keep no thread out, and the next thread that takes the lock
/// learns of them.
/// </remarks>
internal sealed unsafe class ResourceLock
{
    private static readonly ConcurrentDictionary<nint, ResourceLock> ByAddress = new();

    // _gate owns everything below, and is pulsed at each release.
    private readonly object _gate = new();
    private readonly Dictionary<ThreadMark, uint> _sharers = [];
    private volatile ThreadMark? _owner;
    private uint _depth;
    private uint _waitingExclusive;
    private uint _waitingShared;
    private long _releases;

    // Sharers that waited when it was let go, and have not come in yet.
    private uint _admitted;

    // Whether threads have ended that had it, and no thread has learned of it.
    private bool _isAbandoned;

    /// <summary>The lock in a piece of memory, or null if none was made there.</summary>
    internal static ResourceLock? Of(ERESOURCE* resource) => ByAddress.GetValueOrDefault((nint)resource);

    /// <summary>Makes a lock of a piece of memory, whatever was there.</summary>
    internal static void Make(ERESOURCE* resource)
    {
        // A value that code which copies the structure, or frees it and goes on, does not find elsewhere.
        *resource = default;
        resource->Opaque[0] = (nuint)resource;
        ByAddress[(nint)resource] = new ResourceLock();
    }

    /// <summary>Ends a lock.</summary>
    /// <returns>False, and nothing changed, if a thread has it or waits for it.</returns>
    internal bool TryDelete(ERESOURCE* resource)
    {
        lock (_gate)
        {
            DropEndedLocked();
            if (_owner is not null || _sharers.Count > 0 || _waitingExclusive + _waitingShared > 0) return false;
            ByAddress.TryRemove((nint)resource, out _);
            *resource = default;
            return true;
        }
    }

    /// <summary>Whether the memory still holds what <see cref="Make"/> put there.</summary>
    internal static bool IsIntact(ERESOURCE* resource) => resource->Opaque[0] == (nuint)resource;

    /// <summary>
    /// Whether the calling thread has it alone. Takes no lock: only that thread makes this true or false.
    /// </summary>
    internal bool IsMineExclusively => _owner == ThreadMark.Current;

    /// <summary>How often the calling thread has it, in whatever way.</summary>
    internal uint TimesMine
    {
        get
        {
            lock (_gate) return IsMineExclusively ? _depth : _sharers.GetValueOrDefault(ThreadMark.Current);
        }
    }

    internal uint WaitingExclusive
    {
        get
        {
            lock (_gate) return _waitingExclusive;
        }
    }

    internal uint WaitingShared
    {
        get
        {
            lock (_gate) return _waitingShared;
        }
    }

    /// <summary>Forgets that threads have ended with it; the caller reports it.</summary>
    /// <returns>Whether any had, and was not reported.</returns>
    internal bool TakeAbandoned()
    {
        lock (_gate)
        {
            bool was = _isAbandoned;
            _isAbandoned = false;
            return was;
        }
    }

    /// <summary>Takes it.</summary>
    /// <returns>False if it is not free and the thread may not wait.</returns>
    /// <exception cref="InvalidOperationException">The thread would wait for itself; nothing changed.</exception>
    internal bool Acquire(ResourceAccess access, bool waits)
    {
        var me = ThreadMark.Current;
        lock (_gate)
        {
            if (_owner == me)
            {
                _depth++;
                return true;
            }

            return access == ResourceAccess.Exclusive ? AcquireExclusiveLocked(me, waits)
                : AcquireSharedLocked(me, access, waits);
        }
    }

    /// <summary>The thread that has it alone shares it, and with it all that wait to share it.</summary>
    /// <returns>False, and nothing changed, if the thread does not have it alone.</returns>
    internal bool TryConvert()
    {
        var me = ThreadMark.Current;
        lock (_gate)
        {
            if (_owner != me) return false;
            _sharers[me] = _depth;
            FreeLocked();
            return true;
        }
    }

    /// <summary>Ends the calling thread's latest acquisition.</summary>
    /// <returns>False, and nothing changed, if it has none.</returns>
    internal bool TryRelease()
    {
        lock (_gate) return TryReleaseLocked(ThreadMark.Current);
    }

    /// <summary>Ends another thread's latest acquisition, also of one that has ended.</summary>
    /// <param name="number">The thread's number.</param>
    /// <returns>False, and nothing changed, if it has none.</returns>
    internal bool TryReleaseFor(nuint number)
    {
        lock (_gate)
        {
            var thread = _owner?.Number == number
                ? _owner : _sharers.Keys.FirstOrDefault(mark => mark.Number == number);
            return thread is not null && TryReleaseLocked(thread);
        }
    }

    private bool TryReleaseLocked(ThreadMark thread)
    {
        if (_owner == thread)
        {
            if (--_depth == 0) FreeLocked();
            return true;
        }

        if (!_sharers.TryGetValue(thread, out uint times)) return false;
        if (times > 1) _sharers[thread] = times - 1;
        else _sharers.Remove(thread);
        Monitor.PulseAll(_gate);
        return true;
    }

    private void WaitLocked()
    {
        _ = Monitor.Wait(_gate, NtResource.LookAtOwners);
        DropEndedLocked();
    }

    /// <summary>Takes away what threads have that have ended.</summary>
    private void DropEndedLocked()
    {
        if (_owner is { HasEnded: true })
        {
            _isAbandoned = true;
            FreeLocked();
        }

        if (_sharers.Count == 0) return;
        foreach (var thread in _sharers.Keys)
        {
            if (!thread.HasEnded) continue;
            _isAbandoned = true;
            _sharers.Remove(thread);
        }
    }

    /// <summary>Ends the exclusive acquisition: sharers that wait now go before threads that want it alone.</summary>
    private void FreeLocked()
    {
        _depth = 0;
        _owner = null;
        _releases++;
        _admitted = _waitingShared;
        Monitor.PulseAll(_gate);
    }

    private bool AcquireExclusiveLocked(ThreadMark me, bool waits)
    {
        if (_owner is not null || _sharers.Count > 0) DropEndedLocked();
        bool isFree = _owner is null && _sharers.Count == 0 && _waitingExclusive == 0 && _admitted == 0;
        if (!isFree && !waits) return false;
        if (_sharers.ContainsKey(me))
            throw new InvalidOperationException("this thread shares the resource, and would wait for itself");
        _waitingExclusive++;
        try
        {
            while (_owner is not null || _sharers.Count > 0 || _admitted > 0) WaitLocked();
        }
        finally
        {
            _waitingExclusive--;
        }

        _owner = me;
        _depth = 1;
        return true;
    }

    private bool AcquireSharedLocked(ThreadMark me, ResourceAccess access, bool waits)
    {
        if (_owner is not null) DropEndedLocked();
        if (!MayShareLocked(me, access, releasesBefore: _releases))
        {
            if (!waits) return false;
            if (access == ResourceAccess.SharedWaitForExclusive && _sharers.ContainsKey(me))
            {
                throw new InvalidOperationException(
                    "this thread shares the resource, and who wants it alone waits for this thread");
            }

            long releases = _releases;
            _waitingShared++;
            try
            {
                while (!MayShareLocked(me, access, releases)) WaitLocked();
            }
            finally
            {
                _waitingShared--;
                if (_admitted > 0) _admitted--;
            }
        }

        _sharers[me] = _sharers.GetValueOrDefault(me) + 1;
        return true;
    }

    private bool MayShareLocked(ThreadMark me, ResourceAccess access, long releasesBefore)
    {
        if (_owner is not null) return false;
        if (_waitingExclusive == 0 || _releases > releasesBefore) return true;
        return access == ResourceAccess.SharedStarveExclusive
            || (access == ResourceAccess.Shared && _sharers.ContainsKey(me));
    }
}
