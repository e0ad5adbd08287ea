using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>Real threads and a real clock, with a fault planted in the cache.</summary>
/// <param name="planted">The fault.</param>
/// <param name="atPoint">What happens between two steps of an operation.</param>
internal sealed class FaultInjectingScheduler(InjectedFault planted, Action? atPoint = null) : CacheScheduler
{
    internal override TimeProvider Time => TimeProvider.System;

    internal override ValueTask YieldPointAsync()
    {
        atPoint?.Invoke();
        return ValueTask.CompletedTask;
    }

    internal override bool InjectsFault(InjectedFault fault) => planted != InjectedFault.None && fault == planted;

    internal override void Post(Action continuation) =>
        ThreadPool.UnsafeQueueUserWorkItem(static action => action(), continuation, preferLocal: false);
}
