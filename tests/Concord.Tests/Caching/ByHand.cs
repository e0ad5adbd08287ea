using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>What is posted runs when the test says so, on its thread.</summary>
internal sealed class ByHand : CacheScheduler
{
    private readonly Queue<Action> _waiting = [];

    internal override TimeProvider Time => TimeProvider.System;

    internal int Waiting => _waiting.Count;

    internal override void Post(Action continuation) => _waiting.Enqueue(continuation);

    internal void RunAll()
    {
        while (_waiting.TryDequeue(out var next)) next();
    }
}
