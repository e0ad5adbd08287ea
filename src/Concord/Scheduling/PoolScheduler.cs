namespace Concord.Scheduling;

/// <summary>The scheduler of real caches: the thread pool and a clock.</summary>
internal sealed class PoolScheduler(TimeProvider time) : CacheScheduler
{
    internal override TimeProvider Time { get; } = time;

    internal override void Post(Action continuation) => PoolRescue.Post(continuation);

    internal override void PostBlocking(Action work) => BlockingThreads.Shared.Post(work);
}
