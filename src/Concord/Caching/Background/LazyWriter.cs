using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// Writes dirty pages back in the background, so that none stays only in memory for long; each cache has one. It asks
/// for no barrier. While a file has dirty pages, or a writable view, it visits such files at every interval; otherwise
/// it sleeps. No timer runs while it sleeps, except where huge pages are collected, which are made of clean memory too.
/// </summary>
/// <remarks>
/// <para>
/// A file is written in rounds of a few turns. Each turn goes on where the one before stopped, and the last turn writes
/// the rest of the file, so that a page that is written all the time delays no other page. A page that becomes dirty
/// before the place that the round has reached is written in the next round. So a page waits at most two rounds, and
/// one interval in which the writes of views are found.
/// </para>
/// <para>
/// Files do not wait for each other. A pass begins the turns of all files and waits for none. A file whose turn has not
/// ended, because its store is slow or hangs, is skipped. A file that failed is tried again after 2, 4, 8 ... 64
/// intervals. Errors go to the error log of the file, and the pages stay dirty.
/// </para>
/// <para>
/// A pass has other chores: it releases sections that the last reader has left, makes huge pages, and gives back orphan
/// pages and memory beyond the capacity.
/// </para>
/// </remarks>
internal sealed partial class LazyWriter
{
    /// <summary>The most turns a round: more would only make more and smaller writes.</summary>
    private const int TurnsMax = 8;

    /// <summary>
    /// How many intervals fit into the age limit: two rounds of two turns, and one to find what views wrote.
    /// </summary>
    private const int IntervalsPerAge = 5;

    private const int BackOffMax = 64;

    /// <summary>
    /// How many passes lie between two searches for orphan pages: each search asks the system about every file.
    /// </summary>
    private const int PassesPerSearch = 64;

    private static readonly ByteRange Whole = new(0, long.MaxValue);

    private readonly CacheState _cache;
    private readonly CacheFiles _files;
    private readonly Evictor _evictor;
    private readonly HugeBlocks _hugeBlocks;
    private readonly TimeSpan _interval;
    private readonly int _turnsPerRound;
    private readonly Action _run;
    private readonly Action _slept;
    private readonly CancellationTokenSource _stop = new();
    private int _isTrimming;
    private int _passes;

    // _gate owns _running, which is set when the loop ends, _isStopped, and _isDue: the interval is over already. It
    // comes after the locks of extents.
    private readonly Lock _gate = new();
    private Signal? _running;
    private bool _isStopped;
    private bool _isDue;

    /// <param name="cache">The cache.</param>
    /// <param name="files">Its files.</param>
    /// <param name="evictor">Gives back memory beyond the capacity.</param>
    /// <param name="hugeBlocks">Finds blocks that can become huge pages.</param>
    /// <param name="interval">How often it passes; zero for never, unless it is asked to.</param>
    /// <param name="maxDirtyAge">How long a page may be only in memory.</param>
    /// <param name="slept">Called when nothing is dirty, before <see cref="Wake"/> can wake it again.</param>
    internal LazyWriter(
        CacheState cache, CacheFiles files, Evictor evictor, HugeBlocks hugeBlocks,
        TimeSpan interval, TimeSpan maxDirtyAge, Action slept)
    {
        _cache = cache;
        _files = files;
        _evictor = evictor;
        _hugeBlocks = hugeBlocks;
        _slept = slept;
        _run = () => _ = RunAsync();
        var longest = maxDirtyAge / IntervalsPerAge;
        _interval = interval > longest ? longest : interval;
        var step = _interval == TimeSpan.Zero ? longest : _interval;
        if (_interval == TimeSpan.Zero) files.Dirty.Written = UnlistIfClean;
        _turnsPerRound = (int)Math.Clamp(((maxDirtyAge / step) - 1) / 2, 1, TurnsMax);
    }

    /// <summary>Starts the loop of passes, if it sleeps. Does not wait.</summary>
    internal void Wake() => BeginToPass(isDue: false);

    private void BeginToPass(bool isDue)
    {
        if (_interval == TimeSpan.Zero) return;
        lock (_gate)
        {
            if (_isStopped || _running is not null) return;
            _running = new Signal();
            _isDue = isDue;
        }

        _cache.Scheduler.Post(_run);
    }

    /// <summary>Whether the loop of passes runs, and with it a timer.</summary>
    internal bool IsAwake
    {
        get
        {
            lock (_gate) return _running is not null;
        }
    }

    /// <summary>Stops for good. Returns when no further pass begins; turns under way end by themselves.</summary>
    internal async ValueTask StopAsync(CallMode mode)
    {
        if (mode == CallMode.Async) await _stop.CancelAsync().ConfigureAwait(false);
        else _stop.Cancel();
        Signal? running;
        lock (_gate)
        {
            _isStopped = true;
            running = _running;
        }

        // Without a limit: the loop waits for no store. It only begins turns, each on a task of its own.
        if (running is not null) await running.WaitAsync(mode).ConfigureAwait(false);
    }

    /// <summary>Takes one turn for each file, one after the other.</summary>
    /// <returns>Whether no write failed.</returns>
    internal async ValueTask<bool> PassAsync(CancellationToken cancellationToken)
    {
        bool isGood = true;
        foreach (var file in _files.Dirty.Snapshot())
        {
            if (!file.LazyTurn.TryTake()) continue;
            isGood &= await TakeTurnAsync(file, CallMode.Async, cancellationToken).ConfigureAwait(false);
        }

        return isGood;
    }

    private void GiveBackOrphans()
    {
        foreach (var file in _files.All)
        {
            // Under the shared hold: a call with the exclusive hold may release the file's memory.
            if (!file.TryAcquireShared()) continue;
            try
            {
                OrphanPages.GiveBack(file);
            }
            catch (IOException)
            {
                // They stay until the next search; a new view searches for them itself.
                continue;
            }
            finally
            {
                file.ReleaseShared();
            }
        }
    }

    private async Task RunAsync()
    {
        try
        {
            do
            {
                if (!TakeDue())
                {
                    await _cache.Scheduler.DelayAsync(_interval, CallMode.Async, _stop.Token).ConfigureAwait(false);
                }

                BeginPass();
            }
            while (!TrySleep());
        }
        catch (Exception error)
        {
            // After any error the next page that becomes dirty starts the loop again.
            End();
            if (error is not OperationCanceledException || !_stop.IsCancellationRequested) throw;
        }
    }

    private void BeginPass()
    {
        _cache.Retired.Release();
        if (_cache.SectionKind == SectionKind.Huge) _hugeBlocks.Pass();
        if (++_passes % PassesPerSearch == 0) GiveBackOrphans();

        // Each file with work gets a task of its own, except while it waits after a failure.
        foreach (var file in _files.Dirty.Snapshot())
        {
            var turn = file.LazyTurn;
            if (!turn.TryTake()) continue;
            if (turn.Skip > 0)
            {
                turn.Skip--;
                turn.End();
                continue;
            }

            BeginTurn(file);
        }

        // Give back memory beyond the capacity, which leases needed.
        if (_cache.ExcessPages > 0 && Interlocked.Exchange(ref _isTrimming, 1) == 0)
        {
            _cache.Scheduler.Post(() => _ = TrimOrStopAsync());
        }
    }

    /// <summary>Ends the loop when nothing is left to do; a call that lists a file after that wakes it again.</summary>
    private bool TrySleep()
    {
        lock (_gate)
        {
            if (!_files.Dirty.AreNone || _cache.ExcessPages > 0) return false;
            EndLocked();
            _slept();
        }

        // Huge pages are collected of clean memory too.
        if (_cache.SectionKind == SectionKind.Huge)
        {
            _ = WakeAgainAsync(new WeakReference<LazyWriter>(this), _cache.Scheduler, _interval, _stop.Token);
        }

        return true;
    }

    /// <summary>
    /// Wakes a lazy writer that sleeps, an interval later. Does not keep in memory a cache that is dropped meanwhile.
    /// </summary>
    private static async Task WakeAgainAsync(
        WeakReference<LazyWriter> sleeper, CacheScheduler scheduler, TimeSpan interval, CancellationToken stop)
    {
        try
        {
            await scheduler.DelayAsync(interval, CallMode.Async, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
            return;
        }

        if (sleeper.TryGetTarget(out var writer)) writer.BeginToPass(isDue: true);
    }

    private bool TakeDue()
    {
        lock (_gate)
        {
            bool isDue = _isDue;
            _isDue = false;
            return isDue;
        }
    }

    private void End()
    {
        lock (_gate) EndLocked();
    }

    private void EndLocked()
    {
        _running?.Set(_cache.Scheduler);
        _running = null;
    }

    private async Task TrimOrStopAsync()
    {
        try
        {
            await _evictor.TrimAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            Volatile.Write(ref _isTrimming, 0);
        }
    }
}
