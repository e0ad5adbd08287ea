namespace Concord.Scheduling;

/// <summary>
/// Runs continuations and background work of the cache, and has its clock. The library's own uses the thread pool; a
/// simulation passes another one, in which a seed chooses the task that runs next.
/// </summary>
internal abstract class CacheScheduler
{
    /// <summary>The clock of intervals and limits.</summary>
    internal abstract TimeProvider Time { get; }

    /// <summary>Lets <paramref name="continuation"/> run soon, never inline.</summary>
    internal abstract void Post(Action continuation);

    /// <summary>Lets <paramref name="work"/> run soon, never inline, where it may block its thread for long.</summary>
    internal virtual void PostBlocking(Action work) => Post(work);

    /// <summary>
    /// A point where another task may run first: before a lock, at a queue, around a call to a store. Outside a
    /// simulation it completes at once and costs nothing.
    /// </summary>
    internal virtual ValueTask YieldPointAsync() => ValueTask.CompletedTask;

    /// <summary>Whether a simulation has planted a fault in the cache, to test that its checks find it.</summary>
    internal virtual bool InjectsFault(InjectedFault fault) => false;

    /// <summary>Waits for a time.</summary>
    internal async ValueTask DelayAsync(TimeSpan time, CallMode mode, CancellationToken cancellationToken = default)
    {
        var over = new Signal();
        using var timer = Time.CreateTimer(
            state => ((Signal)state!).Set(this), over, time, Timeout.InfiniteTimeSpan);
        using var cancelled = cancellationToken.Register(() => over.Set(this));
        await over.WaitAsync(mode).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
