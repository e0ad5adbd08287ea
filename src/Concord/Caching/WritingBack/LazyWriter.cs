using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// One for each cache: writes a share of the dirty pages back at every interval, and all of them at once when too
/// much is dirty. Errors go to the log of the file; the pages stay dirty, and later passes try again.
/// </summary>
internal sealed class LazyWriter(CacheState cache, TimeSpan interval)
{
    /// <summary>An eighth a pass: a page that is written often is written back seldom, and all of it in the end.</summary>
    private const int SharePerPass = 8;

    /// <summary>After a pass with errors the next waits this much longer, doubling up to <see cref="BackOffMax"/>.</summary>
    private const int BackOffMax = 64;

    /// <summary>So many passes lie between two looks for memory that somebody else made: each asks the system about every file.</summary>
    private const int PassesPerSearch = 64;

    private readonly CancellationTokenSource _stop = new();
    private readonly Signal _stopped = new();

    internal void Start() => cache.Scheduler.Post(() => _ = RunAsync());

    /// <summary>Stops, and returns when the pass under way has ended.</summary>
    internal async ValueTask StopAsync(CallMode mode)
    {
        if (mode == CallMode.Async) await _stop.CancelAsync().ConfigureAwait(false);
        else _stop.Cancel();
        await _stopped.WaitAsync(mode).ConfigureAwait(false);
    }

    /// <summary>One pass over all files.</summary>
    /// <returns>Whether no write failed.</returns>
    internal async ValueTask<bool> PassAsync(CancellationToken cancellationToken)
    {
        bool isGood = true;
        long share = cache.IsOverDirtyLimit ? long.MaxValue : Math.Max(1, cache.Counters.Dirty / SharePerPass);
        foreach (var file in cache.Files)
        {
            var (_, error) = await file.WriteBack.WriteAsync(
                new ByteRange(0, long.MaxValue), CallMode.Async, cancellationToken, share, flushes: false).ConfigureAwait(false);
            isGood &= error is null;
        }

        return isGood;
    }

    private void GiveBackOrphans()
    {
        foreach (var file in cache.Files)
        {
            // Beside others: whoever has the file alone may give its memory up.
            if (!file.TryAcquireShared()) continue;
            try
            {
                file.Orphans.GiveBack();
            }
            catch (IOException)
            {
                // They stay until the next search; a view looks for them itself.
                continue;
            }
            finally
            {
                file.Hold.ReleaseShared();
            }
        }
    }

    private async Task RunAsync()
    {
        int backOff = 1;
        try
        {
            for (int pass = 1; ; pass++)
            {
                await cache.Scheduler.DelayAsync(interval * backOff, CallMode.Async, _stop.Token).ConfigureAwait(false);
                cache.Retired.Release();
                if (cache.SectionKind == SectionKind.Huge) cache.HugeBlocks.Pass();
                if (pass % PassesPerSearch == 0) GiveBackOrphans();
                foreach (var file in cache.Files)
                {
                    await file.Views.Sharer.CollectWritesAsync(new ByteRange(0, long.MaxValue), CallMode.Async, _stop.Token).ConfigureAwait(false);
                }

                if (cache.Counters.Dirty == 0 && !cache.Evictor.HasExcess) continue;
                bool isGood = await PassAsync(_stop.Token).ConfigureAwait(false);
                await cache.Evictor.TrimAsync(_stop.Token).ConfigureAwait(false);
                backOff = isGood ? 1 : Math.Min(backOff * 2, BackOffMax);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            _stopped.Set(cache.Scheduler);
        }
    }
}
