using System.Runtime.ExceptionServices;
using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// One pass of a write-back over a range, with several runs in flight. The caller writes itself, and starts helpers
/// when there is more than one run: each claims the next run, in ascending order, until none is left.
/// </summary>
/// <remarks>
/// The caller waits only for helpers that have begun, so it also finishes when every thread of the process is busy. A
/// helper that has begun waits for copies into its pages, for the log and for the store, and for nothing else. What is
/// claimed depends only on the order in which the scheduler lets caller and helpers go on, so a simulation decides it.
/// </remarks>
internal sealed class WriteSweep(
    FileState file, ByteRange range, CallMode mode, long pagesMax, bool flushes, bool takesOut,
        CancellationToken cancellationToken)
{
    /// <summary>
    /// The most runs in flight for one caller. Disks reach their bandwidth with fewer long runs; eight keep short ones
    /// (256 KiB) near it.
    /// </summary>
    internal const int RunsInFlightMax = 8;

    private readonly FileWriteBack _writeBack = new(file);

    // _gate owns everything below. It comes before the locks of extents.
    private readonly Lock _gate = new();
    private long _from = range.Offset;
    private long _claimed;
    private long _written;
    private long _errorAt = long.MaxValue;
    private Exception? _error;
    private int _called;
    private int _helping;
    private bool _isOver;
    private bool _isCancelled;
    private ExceptionDispatchInfo? _broken;
    private Signal? _lastLeft;

    /// <summary>Writes, and returns when every run that was begun has ended.</summary>
    /// <returns>How many bytes were written, and the error of the lowest run that failed.</returns>
    internal async ValueTask<(long Bytes, Exception? Error)> RunAsync()
    {
        // Write as much as this thread can; then let no further helper begin, and wait for those that have begun.
        await WorkAsync().ConfigureAwait(false);
        Signal? lastLeft = null;
        lock (_gate)
        {
            _isOver = true;
            if (_helping > 0) lastLeft = _lastLeft = new Signal();
        }

        // Without a limit: the helpers make this call's own calls of the store, for which it waits itself as well.
        if (lastLeft is not null) await lastLeft.WaitAsync(mode).ConfigureAwait(false);
        file.Siblings.Dirty.Written?.Invoke(file);
        _broken?.Throw();
        if (_isCancelled) cancellationToken.ThrowIfCancellationRequested();
        return (_written, _error);
    }

    /// <summary>Claims and writes one run after the other, until none is left.</summary>
    private async ValueTask WorkAsync()
    {
        try
        {
            while (HasMore)
            {
                await file.Scheduler.YieldPointAsync().ConfigureAwait(false);
                if (Claim() is not { } run) return;
                var (bytes, error) = await _writeBack.WriteRunAsync(run, mode, flushes, takesOut).ConfigureAwait(false);

                // Add the run to the result; of several errors the one at the lowest offset counts.
                lock (_gate)
                {
                    _written += bytes;
                    if (error is null || run.Range.Offset > _errorAt) continue;
                    (_error, _errorAt) = (error, run.Range.Offset);
                }
            }
        }
        catch (Exception error)
        {
            // Any other error, in any worker: the caller gets it once nothing of this sweep is in flight.
            lock (_gate)
            {
                _broken ??= ExceptionDispatchInfo.Capture(error);
                _isOver = true;
            }
        }
    }

    private bool HasMore
    {
        get
        {
            lock (_gate) return !_isOver && _from < range.End && _claimed < pagesMax;
        }
    }

    private PageRun? Claim()
    {
        lock (_gate)
        {
            if (_isOver || _from >= range.End || _claimed >= pagesMax) return null;

            // A cancelled sweep begins no further run.
            if (cancellationToken.IsCancellationRequested)
            {
                _isOver = _isCancelled = true;
                return null;
            }

            // Claim the next run, and call a helper if more is left.
            if (_writeBack.NextRun(ByteRange.FromBounds(_from, range.End), flushes) is not { } run)
            {
                _isOver = true;
                return null;
            }

            _from = run.Range.End;
            _claimed += run.PageCount;
            CallForHelpLocked();
            return run;
        }
    }

    /// <summary>
    /// Starts one helper for each run that is begun, while another run is left and the limit allows. There are no
    /// helpers where the caller's own thread must make the calls: the store says so, or its owner has locks that belong
    /// to threads.
    /// </summary>
    private void CallForHelpLocked()
    {
        if (file.Store.KeepsThread || file.BackgroundLocks is not null || _called == RunsInFlightMax - 1) return;
        if (_claimed >= pagesMax || _from >= range.End) return;
        if (!_writeBack.HasRun(ByteRange.FromBounds(_from, range.End), flushes)) return;
        _called++;
        try
        {
            if (mode == CallMode.Blocking) file.Scheduler.PostBlocking(() => _ = HelpAsync());
            else file.Scheduler.Post(() => _ = HelpAsync());
        }
        catch (OutOfMemoryException)
        {
            // The system gives no thread. This worker writes the run that it has claimed, and the rest.
            _called = RunsInFlightMax - 1;
        }
    }

    private async Task HelpAsync()
    {
        lock (_gate)
        {
            if (_isOver) return;
            _helping++;
        }

        await WorkAsync().ConfigureAwait(false);
        Signal? lastLeft = null;
        lock (_gate)
        {
            if (--_helping == 0) lastLeft = _lastLeft;
        }

        lastLeft?.Set(file.Scheduler);
    }
}
