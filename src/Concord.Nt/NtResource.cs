namespace Concord.Nt;

/// <summary>
/// A lock whose owner is a thread: shared by any number of threads, or one thread's alone, and recursive either way.
/// A thread that waits for it alone goes before sharers that come later. (NT: ERESOURCE.)
/// </summary>
/// <remarks>
/// The lock keeps a thread's object and not its number, which the next thread gets. A thread that ends abandons its
/// acquisitions: they keep no thread out, and the next thread that takes the lock learns of them.
/// </remarks>
internal sealed class NtResource
{
    /// <summary>How often a thread that waits looks whether those it waits for have ended.</summary>
    internal static readonly TimeSpan LookAtOwners = TimeSpan.FromMilliseconds(50);

    // _gate owns everything below.
    private readonly object _gate = new();
    private readonly Dictionary<Thread, int> _sharers = [];
    private Thread? _owner;
    private int _depth;
    private int _waitingForAll;

    // Acquisitions of threads that have ended, which no thread has learned of.
    private int _abandoned;

    // Whether one of them had it alone, and what belongs to that has not been ended.
    private bool _wasAlone;

    /// <summary>
    /// Whether the calling thread has it alone. Takes no lock: only that thread writes itself there, and takes itself
    /// out again.
    /// </summary>
    internal bool IsMineExclusively => Volatile.Read(ref _owner) is { } owner && owner == Thread.CurrentThread;

    /// <summary>Whether any thread has it, in whatever way; threads that have ended do not count.</summary>
    internal bool IsAcquired
    {
        get
        {
            lock (_gate)
            {
                DropEndedLocked();
                return _depth > 0 || _sharers.Count > 0;
            }
        }
    }

    /// <summary>Whether the calling thread has it, in whatever way.</summary>
    internal bool IsMine
    {
        get
        {
            lock (_gate) return IsMineExclusively || _sharers.ContainsKey(Thread.CurrentThread);
        }
    }

    /// <summary>Whether threads have ended that had it, and no thread has learned of it.</summary>
    internal bool IsAbandoned
    {
        get
        {
            lock (_gate)
            {
                DropEndedLocked();
                return _abandoned > 0;
            }
        }
    }

    /// <summary>Takes it alone.</summary>
    /// <returns>Whether the thread did not have it alone before.</returns>
    /// <exception cref="InvalidOperationException">The thread shares it, and would wait for itself.</exception>
    internal bool AcquireExclusive()
    {
        lock (_gate)
        {
            if (IsMineExclusively)
            {
                _depth++;
                return false;
            }

            if (_sharers.ContainsKey(Thread.CurrentThread))
            {
                throw new InvalidOperationException(
                    "this thread has acquired the file shared; release it before acquiring it exclusively");
            }

            DropEndedLocked();
            _waitingForAll++;
            while (_depth > 0 || _sharers.Count > 0) WaitLocked();
            _waitingForAll--;
            _depth = 1;
            Volatile.Write(ref _owner, Thread.CurrentThread);
            return true;
        }
    }

    /// <summary>Whether the calling thread could take it now.</summary>
    internal bool CanAcquire(bool exclusively)
    {
        lock (_gate)
        {
            if (IsMineExclusively) return true;
            DropEndedLocked();
            if (_sharers.ContainsKey(Thread.CurrentThread)) return !exclusively;
            return _depth == 0 && (exclusively ? _sharers.Count == 0 : _waitingForAll == 0);
        }
    }

    /// <summary>Takes it alone, or shares it, if the thread need not wait for that.</summary>
    internal bool TryAcquire(bool exclusively)
    {
        lock (_gate)
        {
            if (!CanAcquire(exclusively)) return false;
            if (exclusively) _ = AcquireExclusive();
            else AcquireShared();
            return true;
        }
    }

    /// <summary>Shares it; for who has it alone, once more alone.</summary>
    internal void AcquireShared()
    {
        lock (_gate)
        {
            var me = Thread.CurrentThread;
            if (IsMineExclusively)
            {
                _depth++;
                return;
            }

            // A thread that shares it already must not wait for a thread that waits for it.
            DropEndedLocked();
            while (!_sharers.ContainsKey(me) && (_depth > 0 || _waitingForAll > 0)) WaitLocked();
            _sharers[me] = _sharers.GetValueOrDefault(me) + 1;
        }
    }

    /// <summary>Whether the release that comes next is the last of a thread that has it alone.</summary>
    internal bool IsLastExclusive
    {
        get
        {
            lock (_gate) return IsMineExclusively && _depth == 1;
        }
    }

    /// <exception cref="InvalidOperationException">The thread does not have it.</exception>
    internal void Release()
    {
        lock (_gate)
        {
            var me = Thread.CurrentThread;
            if (IsMineExclusively)
            {
                if (--_depth == 0) Volatile.Write(ref _owner, null);
            }
            else if (!_sharers.TryGetValue(me, out int times))
                throw new InvalidOperationException("this thread has not acquired the file");
            else if (times > 1) _sharers[me] = times - 1;
            else _sharers.Remove(me);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Ends one acquisition of a thread that has ended, for a caller that gives back what it had.</summary>
    /// <returns>False if there is none.</returns>
    internal bool TryReleaseAbandoned()
    {
        lock (_gate)
        {
            DropEndedLocked();
            if (_abandoned == 0) return false;
            _abandoned--;
            return true;
        }
    }

    /// <summary>Forgets that acquisitions were abandoned; the caller reports it.</summary>
    /// <returns>Whether there was any.</returns>
    internal bool TakeAbandoned()
    {
        lock (_gate)
        {
            bool was = _abandoned > 0;
            _abandoned = 0;
            return was;
        }
    }

    /// <summary>Forgets that a thread ended with the lock alone; the caller ends what belonged to it.</summary>
    /// <returns>True once for each such thread.</returns>
    internal bool TakeWhatWasAlone()
    {
        lock (_gate)
        {
            DropEndedLocked();
            bool was = _wasAlone;
            _wasAlone = false;
            return was;
        }
    }

    private void WaitLocked()
    {
        _ = Monitor.Wait(_gate, LookAtOwners);
        DropEndedLocked();
    }

    private void DropEndedLocked()
    {
        if (_owner is { IsAlive: false })
        {
            _abandoned += _depth;
            _wasAlone = true;
            _depth = 0;
            Volatile.Write(ref _owner, null);
        }

        if (_sharers.Count == 0) return;
        foreach (var (thread, times) in _sharers)
        {
            if (thread.IsAlive) continue;
            _abandoned += times;
            _sharers.Remove(thread);
        }
    }
}
