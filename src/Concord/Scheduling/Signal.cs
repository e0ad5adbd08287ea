using System.Runtime.CompilerServices;

namespace Concord.Scheduling;

/// <summary>
/// An event that happens once, and for which any number of calls wait. Setting it never runs a waiter inline: each is
/// posted to the scheduler, so it may be set while a lock is held.
/// </summary>
internal sealed class Signal
{
    // _gate owns everything below; _isSet is also read without it.
    private readonly Lock _gate = new();
    private List<Action>? _waiters;

    // Blocking calls wait for this task: so the pool knows which of its threads wait.
    private TaskCompletionSource? _over;
    private volatile bool _isSet;

    internal bool IsSet => _isSet;

    /// <summary>Lets every waiter go on, now and later.</summary>
    internal void Set(CacheScheduler scheduler)
    {
        List<Action>? waiters;
        lock (_gate)
        {
            if (_isSet) return;
            _isSet = true;
            waiters = _waiters;
            _waiters = null;
            _over?.SetResult();
        }

        if (waiters is null) return;
        foreach (var waiter in waiters) scheduler.Post(waiter);
    }

    /// <summary>Waits, blocking or asynchronously.</summary>
    internal ValueTask WaitAsync(CallMode mode)
    {
        if (_isSet) return ValueTask.CompletedTask;
        if (mode == CallMode.Async) return AwaitAsync();
        WaitBlocking(Timeout.InfiniteTimeSpan);
        return ValueTask.CompletedTask;
    }

    private void WaitBlocking(TimeSpan limit)
    {
        Task over;
        lock (_gate)
        {
            if (_isSet) return;
            over = (_over ??= new TaskCompletionSource()).Task;
        }

        _ = over.Wait(limit);
    }

    /// <summary>
    /// Waits, and also returns when an asynchronous call is cancelled: the caller checks its token next. A blocking
    /// call is not cancelled.
    /// </summary>
    internal ValueTask WaitAsync(CallMode mode, CacheScheduler scheduler, CancellationToken cancellationToken) =>
        _isSet || mode == CallMode.Blocking || !cancellationToken.CanBeCanceled
            ? WaitAsync(mode)
            : WaitOrCancelAsync(scheduler, Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Waits for a time at most; the caller checks what has changed, and its token, next.</summary>
    internal async ValueTask WaitAsync(
        CallMode mode, CacheScheduler scheduler, TimeSpan limit, CancellationToken cancellationToken)
    {
        if (mode == CallMode.Blocking)
        {
            WaitBlocking(limit);
            return;
        }

        if (!_isSet) await WaitOrCancelAsync(scheduler, limit, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask WaitOrCancelAsync(
        CacheScheduler scheduler, TimeSpan limit, CancellationToken cancellationToken)
    {
        var either = new Signal();
        Action end = () => either.Set(scheduler);
        lock (_gate)
        {
            if (_isSet) return;
            (_waiters ??= []).Add(end);
        }

        using var timer = limit == Timeout.InfiniteTimeSpan ? null
            : scheduler.Time.CreateTimer(static end => ((Action)end!)(), end, limit, Timeout.InfiniteTimeSpan);
        using (cancellationToken.Register(end)) await either.WaitAsync(CallMode.Async).ConfigureAwait(false);
        lock (_gate) _waiters?.Remove(end);
    }

    private async ValueTask AwaitAsync() => await new Awaitable(this);

    private readonly struct Awaitable(Signal signal) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => signal._isSet;

        public Awaitable GetAwaiter() => this;

        public void GetResult()
        {
            // A signal has no result; the waiter reads the state that it announces.
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            lock (signal._gate)
            {
                if (!signal._isSet)
                {
                    (signal._waiters ??= []).Add(continuation);
                    return;
                }
            }

            continuation();
        }
    }
}
