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

    internal bool IsMineExclusively
    {
        get
        {
            lock (_gate) return IsMineLocked;
        }
    }

    /// <summary>Whether any thread has it, in whatever way.</summary>
    internal bool IsAcquired
    {
        get
        {
            lock (_gate) return _depth > 0 || _sharers.Count > 0;
        }
    }

    private bool IsMineLocked => _depth > 0 && _owner == Environment.CurrentManagedThreadId;

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
                throw new InvalidOperationException("this thread has acquired the file shared; release it before acquiring it exclusively");
            }

            _waitingForAll++;
            while (_depth > 0 || _sharers.Count > 0) Monitor.Wait(_gate);
            _waitingForAll--;
            _owner = Environment.CurrentManagedThreadId;
            _depth = 1;
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
            if (IsMineLocked) _depth--;
            else if (!_sharers.TryGetValue(me, out int times)) throw new InvalidOperationException("this thread has not acquired the file");
            else if (times > 1) _sharers[me] = times - 1;
            else _sharers.Remove(me);
            Monitor.PulseAll(_gate);
        }
    }
}
