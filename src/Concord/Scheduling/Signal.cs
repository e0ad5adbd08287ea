using System.Runtime.CompilerServices;

namespace Concord.Scheduling;

/// <summary>
/// Something that happens once and that any number of calls wait for. Setting it never runs a waiter inline: each
/// is handed to the scheduler, so it may be set while a lock is held.
/// </summary>
internal sealed class Signal
{
    // _gate owns _isSet and _waiters; threads that wait blocking wait on it.
    private readonly object _gate = new();
    private List<Action>? _waiters;
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
            Monitor.PulseAll(_gate);
        }

        if (waiters is null) return;
        foreach (var waiter in waiters) scheduler.Post(waiter);
    }

    /// <summary>Waits in the manner the call asks for.</summary>
    internal ValueTask WaitAsync(CallMode mode)
    {
        if (_isSet) return ValueTask.CompletedTask;
        if (mode == CallMode.Async) return AwaitAsync();
        lock (_gate)
        {
            while (!_isSet) Monitor.Wait(_gate);
        }

        return ValueTask.CompletedTask;
    }

    private async ValueTask AwaitAsync() => await new Awaitable(this);

    private readonly struct Awaitable(Signal signal) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => signal._isSet;

        public Awaitable GetAwaiter() => this;

        public void GetResult()
        {
            // A signal carries no result; what it announces is found in the state it guards.
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
