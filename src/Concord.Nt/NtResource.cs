namespace Concord.Nt;

/// <summary>
/// A lock whose owner is a thread: shared by any number of threads, or one thread's alone, and recursive either way.
/// Whoever waits for it alone goes before sharers that come later. (NT: ERESOURCE.)
/// </summary>
internal sealed class NtResource
{
    // _gate owns everything below.
    private readonly object _gate = new();
    private readonly Dictionary<int, int> _sharers = [];
    private int _owner;
    private int _depth;
    private int _waitingForAll;

    /// <summary>
    /// Whether the calling thread has it alone. Takes no lock: only that thread writes its own number, and takes it out
    /// again.
    /// </summary>
    internal bool IsMineExclusively => Volatile.Read(ref _owner) == Environment.CurrentManagedThreadId;

    /// <summary>Whether any thread has it, in whatever way.</summary>
    internal bool IsAcquired
    {
        get
        {
            lock (_gate) return _depth > 0 || _sharers.Count > 0;
        }
    }

    private bool IsMineLocked => IsMineExclusively;

    /// <summary>Whether the calling thread has it, in whatever way.</summary>
    internal bool IsMine
    {
        get
        {
            lock (_gate) return IsMineLocked || _sharers.ContainsKey(Environment.CurrentManagedThreadId);
        }
    }

    /// <summary>Takes it alone.</summary>
    /// <returns>Whether the thread did not have it alone before.</returns>
    /// <exception cref="InvalidOperationException">The thread shares it, and would wait for itself.</exception>
    internal bool AcquireExclusive()
    {
        lock (_gate)
        {
            if (IsMineLocked)
            {
                _depth++;
                return false;
            }

            if (_sharers.ContainsKey(Environment.CurrentManagedThreadId))
            {
                throw new InvalidOperationException(
                    "this thread has acquired the file shared; release it before acquiring it exclusively");
            }

            _waitingForAll++;
            while (_depth > 0 || _sharers.Count > 0) Monitor.Wait(_gate);
            _waitingForAll--;
            _depth = 1;
            Volatile.Write(ref _owner, Environment.CurrentManagedThreadId);
            return true;
        }
    }

    /// <summary>Whether the calling thread could take it now.</summary>
    internal bool CanAcquire(bool exclusively)
    {
        lock (_gate)
        {
            if (IsMineLocked) return true;
            if (_sharers.ContainsKey(Environment.CurrentManagedThreadId)) return !exclusively;
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
            int me = Environment.CurrentManagedThreadId;
            if (IsMineLocked)
            {
                _depth++;
                return;
            }

            // A thread that shares it already must not wait for somebody who waits for that thread.
            while (!_sharers.ContainsKey(me) && (_depth > 0 || _waitingForAll > 0)) Monitor.Wait(_gate);
            _sharers[me] = _sharers.GetValueOrDefault(me) + 1;
        }
    }

    /// <summary>Whether the release that comes next is the last of a thread that has it alone.</summary>
    internal bool IsLastExclusive
    {
        get
        {
            lock (_gate) return IsMineLocked && _depth == 1;
        }
    }

    /// <exception cref="InvalidOperationException">The thread does not have it.</exception>
    internal void Release()
    {
        lock (_gate)
        {
            int me = Environment.CurrentManagedThreadId;
            if (IsMineLocked)
            {
                if (--_depth == 0) Volatile.Write(ref _owner, 0);
            }
            else if (!_sharers.TryGetValue(me, out int times))
                throw new InvalidOperationException("this thread has not acquired the file");
            else if (times > 1) _sharers[me] = times - 1;
            else _sharers.Remove(me);
            Monitor.PulseAll(_gate);
        }
    }
}
