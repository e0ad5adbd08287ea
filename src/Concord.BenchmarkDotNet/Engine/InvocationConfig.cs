using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using Concord.BenchmarkDotNet.Validation;

namespace Concord.BenchmarkDotNet.Engine;

/// <summary>
/// The configuration both attributes add: the engine as a mutator of every job, and the check of the names.
/// </summary>
internal static class InvocationConfig
{
    public static IConfig Create() =>
        ManualConfig.CreateEmpty()
            .AddJob(new Job { Infrastructure = { EngineFactory = new ColdCacheEngineFactory() } }.AsMutator())
            .AddValidator(ColdNamesValidator.FailOnError);
}
