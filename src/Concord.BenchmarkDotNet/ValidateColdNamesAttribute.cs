using BenchmarkDotNet.Configs;
using Concord.BenchmarkDotNet.Validation;

namespace Concord.BenchmarkDotNet;

/// <summary>
/// Checks the names of every <see cref="ColdProcessorCacheAttribute"/> of an assembly before anything is built or run.
/// </summary>
/// <remarks>
/// The package's build files put it on each assembly that refers to the package. BenchmarkDotNet takes validators from
/// classes and assemblies only, not from attributes of methods; without this one, a wrong name on a method is found
/// when the benchmark begins, and fails it with the same message.
/// </remarks>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
public sealed class ValidateColdNamesAttribute : Attribute, IConfigSource
{
    /// <summary>What the attribute adds to the configuration of the assembly's benchmarks: the check.</summary>
    public IConfig Config { get; } = ManualConfig.CreateEmpty().AddValidator(ColdNamesValidator.FailOnError);
}
