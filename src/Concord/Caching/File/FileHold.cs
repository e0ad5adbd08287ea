using System.Diagnostics;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// The hold of a file: orders user operations, changes of length and the one operation, first come, first served. Calls
/// that miss, leases and read-ahead take it shared. A flush, a purge, a change of length, an uncached read and an
/// uncached write take it exclusively. Hits take no hold, and fail while another call has the exclusive one. Paging I/O
/// never takes it.
/// </summary>
internal sealed class FileHold(CacheScheduler scheduler, StoreWait storeWait)
{
    // _gate owns everything below.
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _queue = [];
    private int _shared;
    private bool _exclusive;

    internal ValueTask AcquireSharedAsync(CallMode mode, CancellationToken cancellationToken) =>
        AcquireAsync(exclusive: false, mode, cancellationToken);

    internal ValueTask AcquireExclusiveAsync(CallMode mode, CancellationToken cancellationToken) =>
        AcquireAsync(exclusive: true, mode, cancellationToken);

    /// <summary>Takes the exclusive hold if it is free and no call waits for it.</summary>
    internal bool TryAcquireExclusive()
    {
        lock (_gate)
        {
            if (_exclusive || _shared > 0 || _queue.Count > 0) return false;
            return _exclusive = true;
        }
    }

    /// <summary>Takes the shared hold if no call has the exclusive one and none waits.</summary>
    internal bool TryAcquireShared()
    {
        lock (_gate)
        {
            if (_exclusive || _queue.Count > 0) return false;
            _shared++;
            return true;
        }
    }

    internal void ReleaseShared()
    {
        lock (_gate)
        {
            Debug.Assert(_shared > 0 && !_exclusive, "a shared hold is released by who has it");
            _shared--;
            GrantLocked();
        }
    }

    internal void ReleaseExclusive()
    {
        lock (_gate)
        {
            Debug.Assert(_exclusive && _shared == 0, "an exclusive hold is released by who has it");
            _exclusive = false;
            GrantLocked();
        }
    }

    private async ValueTask AcquireAsync(bool exclusive, CallMode mode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await scheduler.YieldPointAsync().ConfigureAwait(false);
        if (TryAcquireOrQueue(exclusive) is { } waiter)
        {
            await WaitAsync(waiter, mode, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Takes the hold, or a place in the queue; null when it was taken. Separate from the wait, whose closures are
    /// allocated.
    /// </summary>
    private Waiter? TryAcquireOrQueue(bool exclusive)
    {
        lock (_gate)
        {
            if (!_exclusive && _queue.Count == 0 && (_shared == 0 || !exclusive))
            {
                if (exclusive) _exclusive = true;
                else _shared++;
                return null;
            }

            var waiter = new Waiter(exclusive);
            _queue.AddLast(waiter);
            GrantLocked();
            return waiter;
        }
    }

    private async ValueTask WaitAsync(Waiter waiter, CallMode mode, CancellationToken cancellationToken)
    {
        bool isAnswered;
        using (cancellationToken.Register(() => GiveUp(waiter)))
        {
            isAnswered = await storeWait.TryWaitAsync(waiter.Answered, mode, CancellationToken.None)
                .ConfigureAwait(false);
        }

        // If the hold was granted at the last moment, the caller has it.
        if (!isAnswered) GiveUp(waiter);
        if (waiter.IsGranted) return;
        cancellationToken.ThrowIfCancellationRequested();
        throw storeWait.Unanswered();
    }

    private void GiveUp(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.IsGranted || !_queue.Remove(waiter)) return;
            waiter.Answered.Set(scheduler);
            GrantLocked();
        }
    }

    /// <summary>Gives the hold to the first waiter, and to those behind it that can share it.</summary>
    private void GrantLocked()
    {
        while (_queue.First?.Value is { } next && !_exclusive && (_shared == 0 || !next.Exclusive))
        {
            _queue.RemoveFirst();
            if (next.Exclusive) _exclusive = true;
            else _shared++;
            next.IsGranted = true;
            next.Answered.Set(scheduler);
        }
    }

    private sealed class Waiter(bool exclusive)
    {
        internal bool Exclusive { get; } = exclusive;

        internal Signal Answered { get; } = new();

        internal bool IsGranted { get; set; }
    }
}
