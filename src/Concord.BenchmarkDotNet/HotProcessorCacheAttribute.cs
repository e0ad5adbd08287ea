using BenchmarkDotNet.Configs;
using Concord.BenchmarkDotNet.Engine;

namespace Concord.BenchmarkDotNet;

/// <summary>
/// Measures a benchmark exactly as <see cref="ColdProcessorCacheAttribute"/> does, every invocation timed alone, and
/// flushes nothing: the row that cold benchmarks are compared with.
/// </summary>
/// <remarks>
/// Without it BenchmarkDotNet times a thousand invocations at once, which lets the processor begin one before the other
/// is done, and puts the benchmark into another group, for which it computes no ratio. On a class with the cold
/// attribute, it exempts the method that has it.
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class HotProcessorCacheAttribute : Attribute, IConfigSource
{
    /// <summary>
    /// What the attribute adds to the benchmark's configuration: the engine it shares with the cold ones.
    /// </summary>
    public IConfig Config { get; } = InvocationConfig.Create();
}
