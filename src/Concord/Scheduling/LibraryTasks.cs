using System.Runtime.CompilerServices;

namespace Concord.Scheduling;

/// <summary>
/// How the library goes on after a task of somebody else: on the thread that ends it where that may be, otherwise by
/// <see cref="PoolRescue"/>. A task whose maker lets nothing run on his thread hands what follows to the pool, where it
/// would wait for threads that wait for it.
/// </summary>
internal sealed class LibraryTasks : TaskScheduler
{
    private static readonly LibraryTasks Shared = new();

    /// <summary>Waits for a call without needing a thread of the pool.</summary>
    internal static After<T> WaitAsync<T>(ValueTask<T> call) =>
        call.IsCompleted ? new(call, null) : new(default, call.AsTask());

    /// <inheritdoc cref="WaitAsync{T}(ValueTask{T})"/>
    internal static After WaitAsync(ValueTask call) => call.IsCompleted ? new(call, null) : new(default, call.AsTask());

    protected override void QueueTask(Task task) => PoolRescue.Post(() => TryExecuteTask(task));

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    /// <summary>
    /// Runs something after a task, on the thread that ends it or another one; inline where it has ended.
    /// </summary>
    /// <remarks>Hidden: what runs afterwards, a user's code too, must not find this scheduler as its own.</remarks>
    internal static void GoOn(Task after, Action continuation) => after.ContinueWith(
        static (_, state) => RunApart((Action)state!), continuation, CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.HideScheduler
            | TaskContinuationOptions.DenyChildAttach,
        Shared);

    /// <summary>The thread may be in the middle of something of its own.</summary>
    private static void RunApart(Action continuation)
    {
        object? outer = ThreadScope.Enter(null);
        try
        {
            continuation();
        }
        finally
        {
            ThreadScope.Return(outer);
        }
    }

    /// <summary>A call that is awaited: one that has ended, or its task.</summary>
    internal readonly struct After<T>(ValueTask<T> ended, Task<T>? task) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => task is null || task.IsCompleted;

        public After<T> GetAwaiter() => this;

        public T GetResult() => task is null ? ended.GetAwaiter().GetResult() : task.GetAwaiter().GetResult();

        public void OnCompleted(Action continuation) => GoOn(task!, continuation);

        public void UnsafeOnCompleted(Action continuation) => GoOn(task!, continuation);
    }

    /// <inheritdoc cref="After{T}"/>
    internal readonly struct After(ValueTask ended, Task? task) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => task is null || task.IsCompleted;

        public After GetAwaiter() => this;

        public void GetResult()
        {
            if (task is null) ended.GetAwaiter().GetResult();
            else task.GetAwaiter().GetResult();
        }

        public void OnCompleted(Action continuation) => GoOn(task!, continuation);

        public void UnsafeOnCompleted(Action continuation) => GoOn(task!, continuation);
    }
}
