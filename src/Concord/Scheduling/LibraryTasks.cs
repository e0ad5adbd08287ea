using System.Runtime.CompilerServices;

namespace Concord.Scheduling;

/// <summary>
/// Runs the library's continuations of tasks made by other code: on the thread that completes the task where that is
/// possible, otherwise through <see cref="PoolRescue"/>. A task that runs its continuations asynchronously queues them
/// to the pool, where they would wait for threads that wait for them.
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
    /// <remarks>
    /// The scheduler is hidden: code that runs afterwards, also a user's, must not find it as its current one.
    /// </remarks>
    internal static void GoOn(Task after, Action continuation) => after.ContinueWith(
        static (_, state) => RunApart((Action)state!), continuation, CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.HideScheduler
            | TaskContinuationOptions.DenyChildAttach,
        Shared);

    /// <summary>
    /// Runs a continuation outside the current scope of the thread, which may be in a call of its own.
    /// </summary>
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

    /// <summary>The awaiter of a call: a completed one, or its task.</summary>
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
