using System.Runtime.CompilerServices;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using Concord.BenchmarkDotNet.Targets;

namespace Concord.BenchmarkDotNet.Engine;

/// <summary>
/// Runs a benchmark's invocations one by one, each after a flush of the named memory during which the clock stands
/// still. Each timed stretch holds one call and about one reading of the clock; the overhead runs through the same
/// loop, so that BenchmarkDotNet subtracts both.
/// </summary>
internal sealed class ColdInvocations
{
    private readonly PausableClock _clock;
    private readonly ColdTarget[] _targets;
    private readonly ColdMemory[] _memory;
    private readonly Action<long> _workload;
    private readonly Action<long> _overhead;
    private readonly Action _iterationSetup;

    public ColdInvocations(EngineParameters parameters, PausableClock clock)
    {
        _clock = clock;
        _workload = parameters.WorkloadActionNoUnroll;
        _overhead = parameters.OverheadActionNoUnroll;
        _iterationSetup = parameters.IterationSetupAction ?? (static () => { });
        _targets = RunningBenchmark.FindTargets(_workload.Target, parameters.BenchmarkName);
        _memory = new ColdMemory[_targets.Length];
    }

    /// <summary>
    /// The user's setup, then a look at what the names refer to now. Done here, since BenchmarkDotNet counts what
    /// is allocated during invocations.
    /// </summary>
    public void SetUpIteration()
    {
        _iterationSetup();
        for (int i = 0; i < _targets.Length; i++) _memory[i] = _targets[i].Resolve();
    }

    public void RunWorkload(long count) => Run(_workload, count);

    /// <summary>The same parameters with every invocation made cold, one invocation at a time.</summary>
    public EngineParameters Wrap(EngineParameters parameters, long invocationCount) => new()
    {
        Host = parameters.Host,
        BenchmarkName = parameters.BenchmarkName,
        OperationsPerInvoke = parameters.OperationsPerInvoke,
        MeasureExtraStats = parameters.MeasureExtraStats,
        Dummy1Action = parameters.Dummy1Action,
        Dummy2Action = parameters.Dummy2Action,
        Dummy3Action = parameters.Dummy3Action,
        GlobalSetupAction = static () => { },
        GlobalCleanupAction = parameters.GlobalCleanupAction,
        IterationSetupAction = SetUpIteration,
        IterationCleanupAction = parameters.IterationCleanupAction,
        WorkloadActionUnroll = RunWorkload,
        WorkloadActionNoUnroll = RunWorkload,
        OverheadActionUnroll = RunOverhead,
        OverheadActionNoUnroll = RunOverhead,
        TargetJob = parameters.TargetJob
            .WithInvocationCount(invocationCount)
            .WithUnrollFactor(1)
            .WithClock(_clock),
    };

    private void RunOverhead(long count) => Run(_overhead, count);

    // Compiled once and at full optimisation, as the loops of BenchmarkDotNet are: its cost must not change between
    // the overhead's run and the workload's.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private void Run(Action<long> invoke, long count)
    {
        for (long i = 0; i < count; i++)
        {
            _clock.Pause();
            foreach (ColdMemory memory in _memory) memory.Flush();
            _clock.Resume();
            invoke(1);
        }
    }
}
