using BenchmarkDotNet.Engines;
using Concord.BenchmarkDotNet.Engine;

namespace Concord.BenchmarkDotNet;

/// <summary>
/// The engine behind <see cref="ColdProcessorCacheAttribute"/> and <see cref="HotProcessorCacheAttribute"/>:
/// BenchmarkDotNet's own, on a clock that is paused while the caches are flushed.
/// </summary>
/// <remarks>
/// Public because the program that BenchmarkDotNet generates for a benchmark creates it by name; the attribute is
/// the way to use it.
/// </remarks>
public sealed class ColdCacheEngineFactory : IEngineFactory
{
    /// <summary>
    /// Sets the benchmark up, runs it for the time of a trial, and returns an engine that flushes the named memory
    /// before each invocation. Blocks meanwhile.
    /// </summary>
    /// <param name="engineParameters">What BenchmarkDotNet prepared for the benchmark.</param>
    /// <returns>The engine, ready to run.</returns>
    /// <exception cref="ArgumentNullException">
    /// <paramref name="engineParameters"/> is null; nothing was run.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// A name cannot be resolved on the running benchmark, or holds null; no measurement was made.
    /// </exception>
    /// <remarks>
    /// 1. Run the global setup, so that what the names refer to exists.
    /// 2. Wrap the workload, and the empty method that BenchmarkDotNet subtracts for its own cost, in the same
    ///    loop: stop the clock, flush, start the clock, invoke once.
    /// 3. Choose how many invocations make an iteration by the time that passes, flushes included: the clock of the
    ///    engine does not see them, and its own search would take minutes for a large flush.
    /// 4. Hand the rest (warm-up, iterations, overhead, statistics) to BenchmarkDotNet's engine.
    /// </remarks>
    public IEngine CreateReadyToRun(EngineParameters engineParameters)
    {
        ArgumentNullException.ThrowIfNull(engineParameters);

        engineParameters.GlobalSetupAction?.Invoke();
        var clock = new PausableClock();
        var invocations = new ColdInvocations(engineParameters, clock);
        long invocationCount = IterationLength.Choose(engineParameters, invocations);
        return new EngineFactory().CreateReadyToRun(invocations.Wrap(engineParameters, invocationCount));
    }

    /// <summary>The engine's name in BenchmarkDotNet's tables; does not block.</summary>
    public override string ToString() => "ColdCache";
}
