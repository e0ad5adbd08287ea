using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>Real threads and a real clock, with a fault planted in the cache.</summary>
internal sealed class PlantingScheduler(PlantedFault planted) : CacheScheduler
{
    internal override TimeProvider Time => TimeProvider.System;

    internal override bool Plants(PlantedFault fault) => planted != PlantedFault.None && fault == planted;

    internal override void Post(Action continuation) =>
        ThreadPool.UnsafeQueueUserWorkItem(static action => action(), continuation, preferLocal: false);
}
