using Concord.Interop;
using Concord.Memory;
using Concord.Scheduling;
using Concord.Stores;

namespace Concord.Caching;

/// <summary>
/// Tracks what the store of a file has accepted, and how much of that is durable. Everything accepted gets a number; a
/// good barrier covers the numbers that were given before it began. One barrier runs at a time, shared by all calls
/// that wait for one. The calls that ask for a barrier are flushes, writes that are durable when they return, and calls
/// that need room.
/// </summary>
internal sealed class BarrierLedger(
    BackingStore store, CacheScheduler scheduler, ErrorLog errors, FileSizes sizes, StoreWait storeWait)
{
    // _gate owns everything below. It comes before the locks of extents.
    private readonly Lock _gate = new();
    private readonly HashSet<Extent> _unstable = [];
    private long _accepted;
    private long _durable;
    private long _failures;
    private volatile bool _isRefusing;
    private volatile bool _hasBarrierFailed;
    private BarrierCall? _running;

    /// <summary>The store whose barriers count.</summary>
    internal BackingStore Store { get; private set; } = store;

    /// <summary>
    /// Goes on with another store of the same bytes. Its barriers need not cover what the old store accepted. So pages
    /// that no good barrier covers become dirty again, and so will pages whose write to the old store is under way.
    /// </summary>
    internal void MoveTo(BackingStore store)
    {
        lock (_gate)
        {
            store.HasFailedBarrier |= Store.HasFailedBarrier;
            Store = store;
            _failures++;
            foreach (var extent in _unstable.ToArray())
            {
                lock (extent) extent.FailBarrierLocked(scheduler);
                _unstable.Remove(extent);
            }
        }
    }

    /// <summary>The number of the last length or write that the store accepted.</summary>
    internal long Accepted
    {
        get
        {
            lock (_gate) return _accepted;
        }
    }

    /// <summary>Whether the store accepted something that no good barrier covers.</summary>
    internal bool IsOwed
    {
        get
        {
            lock (_gate) return _durable < _accepted;
        }
    }

    /// <summary>
    /// Whether a good barrier covers everything that the store had accepted when this was called. Takes no lock: both
    /// numbers only grow, and the number of what was accepted is read first.
    /// </summary>
    internal bool OwesNothing
    {
        get
        {
            long accepted = Volatile.Read(ref _accepted);
            return Volatile.Read(ref _durable) >= accepted;
        }
    }

    /// <summary>
    /// How many barriers have failed. A write reads it before it begins, and passes it to
    /// <see cref="NoteAccepted(IReadOnlyList{ValueTuple{Extent, ulong}}, long)"/>.
    /// </summary>
    internal long Failures
    {
        get
        {
            lock (_gate) return _failures;
        }
    }

    /// <summary>Whether the last write or the last barrier has failed. Takes no lock.</summary>
    internal bool IsFailing => _isRefusing || _hasBarrierFailed;

    /// <summary>Notes that the store has refused a write.</summary>
    internal void NoteRefused() => _isRefusing = true;

    /// <summary>Notes that the store accepted a length, or bytes that are not pages of the section.</summary>
    internal long NoteAccepted()
    {
        lock (_gate)
        {
            Volatile.Write(ref _accepted, _accepted + 1);
            return _accepted;
        }
    }

    /// <summary>
    /// Notes that the store accepted pages: their write ends, and they are unstable from now on. If a barrier has
    /// failed since the write began, the store may have lost them already: they become dirty as well.
    /// </summary>
    /// <returns>Whether they count as stored; false if a barrier has failed meanwhile.</returns>
    internal bool NoteAccepted(IReadOnlyList<(Extent Extent, ulong Pages)> run, long failuresBefore)
    {
        _isRefusing = false;
        lock (_gate)
        {
            Volatile.Write(ref _accepted, _accepted + 1);
            foreach (var (extent, pages) in run)
            {
                _unstable.Add(extent);
                lock (extent)
                {
                    extent.EndWriteLocked(pages, accepted: true, scheduler);
                    if (_failures != failuresBefore) extent.MarkDirty(pages);
                }
            }

            return _failures == failuresBefore;
        }
    }

    /// <summary>Returns when a good barrier covers everything up to <paramref name="number"/>.</summary>
    /// <exception cref="IOException">
    /// A barrier failed: every page it may concern is dirty again, before this is thrown. Or a barrier of another call
    /// does not answer; it goes on.
    /// </exception>
    internal async ValueTask MakeDurableAsync(long number, CallMode mode)
    {
        while (true)
        {
            await scheduler.YieldPointAsync().ConfigureAwait(false);
            BarrierCall run;
            bool mine = false;
            lock (_gate)
            {
                if (_durable >= number) return;

                // Join the barrier under way, or begin one. What it does not cover needs the next one.
                if (_running is null)
                {
                    mine = true;
                    _running = BeginLocked();
                }

                run = _running;
            }

            if (mine) await CarryOutAsync(run, mode).ConfigureAwait(false);
            else await storeWait.WaitAsync(run.Ended, mode).ConfigureAwait(false);
            if (run.Error is { } error)
                throw new IOException($"a barrier of {Store.Label} failed: {ShownText.Of(error)}", error)
                {
                    HResult = error.HResult,
                };
        }
    }

    private BarrierCall BeginLocked()
    {
        foreach (var extent in _unstable)
        {
            lock (extent) extent.BeginBarrierLocked();
        }

        return new BarrierCall(_accepted, sizes.StoreLength);
    }

    private async ValueTask CarryOutAsync(BarrierCall run, CallMode mode)
    {
        try
        {
            // Ask the store; the extents have been marked when the call was begun.
            await Store.BarrierAsync(mode).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            run.Error = error;
        }

        await scheduler.YieldPointAsync().ConfigureAwait(false);
        lock (_gate)
        {
            // A good barrier covers what was accepted before it began; a failed one may have lost all of that.
            _hasBarrierFailed = run.Error is not null;
            if (run.Error is null)
            {
                Volatile.Write(ref _durable, run.Covers);
                sizes.BarrierCovered(run.StoreLength);
            }
            else
            {
                sizes.BarrierFailed();
            }

            foreach (var extent in _unstable.ToArray())
            {
                lock (extent)
                {
                    if (run.Error is null) extent.EndBarrierLocked(scheduler);
                    else extent.FailBarrierLocked(scheduler);
                    if (extent.Unstable == PageMask.None) _unstable.Remove(extent);
                }
            }

            // Add the error only now, when the pages are dirty again. For what is not a page (a length, an uncached
            // write) the log is the only report: the next flush reads it.
            if (run.Error is { } error)
            {
                errors.Add(new ByteRange(0, long.MaxValue), error);
                _failures++;
            }

            _running = null;
        }

        run.Ended.Set(scheduler);
    }

    private sealed class BarrierCall(long covers, long storeLength)
    {
        internal long Covers { get; } = covers;

        internal long StoreLength { get; } = storeLength;

        internal Signal Ended { get; } = new();

        internal Exception? Error { get; set; }
    }
}
