namespace Concord.Scheduling;

/// <summary>
/// The synchronization context of a thread that waits for an asynchronous call. Continuations of the call run on that
/// thread, so that they need no thread of the pool, all of which may wait.
/// </summary>
internal sealed class WaitingContext : SynchronizationContext, IDisposable
{
    private readonly SynchronizationContext? _outer = Current;

    // _gate owns everything below.
    private readonly Lock _gate = new();
    private Queue<(SendOrPostCallback Run, object? State)>? _work;

    // The thread waits for this when it has nothing to run.
    private TaskCompletionSource? _wakeUp;
    private bool _hasEnded;

    /// <summary>Begins a call under this context, and blocks until it has ended.</summary>
    internal T Wait<T>(Func<ValueTask<T>> begin)
    {
        SetSynchronizationContext(this);
        var call = begin();
        if (call.IsCompleted) return call.GetAwaiter().GetResult();
        var task = call.AsTask();
        LibraryTasks.GoOn(task, WakeUp);
        while (!task.IsCompleted) RunPosted(task);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Lets the waiting thread run a callback; or a thread of the pool, after the wait has ended.</summary>
    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_gate)
        {
            if (!_hasEnded)
            {
                (_work ??= []).Enqueue((d, state));
                _wakeUp?.TrySetResult();
                return;
            }
        }

        PoolRescue.Post(() => d(state));
    }

    /// <summary>Gives the thread its own context back.</summary>
    public void Dispose()
    {
        SetSynchronizationContext(_outer);
        lock (_gate) _hasEnded = true;
        while (_work is not null && _work.TryDequeue(out var work)) PoolRescue.Post(() => work.Run(work.State));
    }

    /// <summary>Runs what was posted, or waits for more, or for the end of the call.</summary>
    private void RunPosted(Task call)
    {
        (SendOrPostCallback Run, object? State) work;
        TaskCompletionSource? wakeUp = null;
        lock (_gate)
        {
            if (call.IsCompleted) return;
            if (_work is null || !_work.TryDequeue(out work))
            {
                work = (static _ => { }, null);
                wakeUp = _wakeUp = new TaskCompletionSource();
            }
        }

        // The pool is told that one of its threads waits, and may add another.
        wakeUp?.Task.Wait();
        work.Run(work.State);
    }

    private void WakeUp()
    {
        lock (_gate) _wakeUp?.TrySetResult();
    }
}
