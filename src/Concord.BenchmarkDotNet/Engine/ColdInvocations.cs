using System.Runtime.CompilerServices;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Jobs;
using Concord.BenchmarkDotNet.Targets;

namespace Concord.BenchmarkDotNet.Engine;

/// <summary>
/// Runs a benchmark's invocations one by one, each after a flush of the named memory during which the clock is paused.
/// Each timed stretch holds one call and about one reading of the clock; the overhead runs through the same loop, so
/// that BenchmarkDotNet subtracts both.
/// </summary>
/// <remarks>
/// BenchmarkDotNet calls an iteration's setup and cleanup around the workload only. The overhead runs before the first
/// setup (where a job says how many invocations it wants, and where a benchmark has an iteration's setup), between
/// iterations, and after the last cleanup: it uses what the names refer to at that moment, and never assumes a setup.
/// </remarks>
internal sealed class ColdInvocations
{
    private readonly PausableClock _clock;
    private readonly ColdTarget[] _targets;
    private readonly Action<long> _workload;
    private readonly Action<long> _overhead;
    private readonly Action? _globalSetup;
    private readonly Action? _iterationSetup;
    private readonly Action? _iterationCleanup;

    // The memory to flush before an invocation. Empty until an iteration's setup has found it.
    private ColdMemory[] _memory = [];

    // The setup that this engine's factory ran; BenchmarkDotNet's factory must not run it a second time.
    private bool _isSetUp = true;

    /// <param name="parameters">What BenchmarkDotNet prepared; its global setup has been run.</param>
    /// <param name="clock">The clock that is paused during flushes.</param>
    public ColdInvocations(EngineParameters parameters, PausableClock clock)
    {
        _clock = clock;
        _workload = parameters.WorkloadActionNoUnroll;
        _overhead = parameters.OverheadActionNoUnroll;
        _globalSetup = parameters.GlobalSetupAction;
        _iterationSetup = parameters.IterationSetupAction;
        _iterationCleanup = parameters.IterationCleanupAction;
        _targets = RunningBenchmark.FindTargets(_workload.Target, parameters.BenchmarkName);
    }

    /// <summary>
    /// Runs the user's setup, then finds the memory that the names refer to now. It is done here, since BenchmarkDotNet
    /// counts allocations during invocations.
    /// </summary>
    public void SetUpIteration()
    {
        // Release the memory of the last iteration first: the setup may need the room.
        _memory = [];
        _iterationSetup?.Invoke();
        _memory = [.. _targets.Select(static target => target.Resolve())];
    }

    /// <summary>
    /// Runs the user's cleanup. Memory that it may have freed is not flushed after that; the next setup finds it again.
    /// </summary>
    public void CleanUpIteration()
    {
        _iterationCleanup?.Invoke();
        _memory = [.. _memory.Where(static memory => memory.IsCollected)];
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
        GlobalSetupAction = SetUp,
        GlobalCleanupAction = parameters.GlobalCleanupAction,
        IterationSetupAction = SetUpIteration,
        IterationCleanupAction = CleanUpIteration,
        WorkloadActionUnroll = RunWorkload,
        WorkloadActionNoUnroll = RunWorkload,
        OverheadActionUnroll = RunOverhead,
        OverheadActionNoUnroll = RunOverhead,
        TargetJob = parameters.TargetJob
            .WithInvocationCount(invocationCount)
            .WithUnrollFactor(1)
            .WithClock(_clock),
    };

    /// <summary>
    /// The user's global setup, each time but the first. With memory randomization BenchmarkDotNet cleans up and sets
    /// up again after each iteration.
    /// </summary>
    private void SetUp()
    {
        if (!_isSetUp) _globalSetup?.Invoke();
        _isSetUp = false;
    }

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
