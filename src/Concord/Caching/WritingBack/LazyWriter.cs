using Concord.Scheduling;

namespace Concord.Caching;

/// <summary>
/// One for each cache: writes a share of the dirty pages back at every interval, and all of them at once when too
/// much is dirty. Errors go to the log of the file; the pages stay dirty, and later passes try again.
/// </summary>
internal sealed class LazyWriter(CacheCore core, TimeSpan interval)
{
    /// <summary>An eighth a pass: a page that is written often is written back seldom, and all of it in the end.</summary>
    private const int SharePerPass = 8;

    /// <summary>After a pass with errors the next waits this much longer, doubling up to <see cref="BackOffMax"/>.</summary>
    private const int BackOffMax = 64;

    private readonly CancellationTokenSource _stop = new();
    private readonly Signal _stopped = new();

    internal void Start() => core.Scheduler.Post(() => _ = RunAsync());

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
        long share = core.IsOverDirtyLimit ? long.MaxValue : Math.Max(1, core.Gauge.Dirty / SharePerPass);
        foreach (var map in core.Maps)
        {
            var (_, error) = await map.WriteBack.WriteAsync(
                new ByteRange(0, long.MaxValue), CallMode.Async, cancellationToken, share, flushes: false).ConfigureAwait(false);
            isGood &= error is null;
        }

        return isGood;
    }

    private async Task RunAsync()
    {
        int backOff = 1;
        try
        {
            while (true)
            {
                await core.Scheduler.DelayAsync(interval * backOff, CallMode.Async, _stop.Token).ConfigureAwait(false);
                core.Retired.Release();
                if (core.SectionKind == SectionKind.Huge) core.HugeBlocks.Pass();
                foreach (var map in core.Maps)
                {
                    await map.Views.Sharer.CollectWritesAsync(new ByteRange(0, long.MaxValue), CallMode.Async, _stop.Token).ConfigureAwait(false);
                }

                if (core.Gauge.Dirty == 0 && !core.Room.HasExcess) continue;
                bool isGood = await PassAsync(_stop.Token).ConfigureAwait(false);
                await core.Room.TrimAsync(_stop.Token).ConfigureAwait(false);
                backOff = isGood ? 1 : Math.Min(backOff * 2, BackOffMax);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
        finally
        {
            _stopped.Set(core.Scheduler);
        }
    }
}
