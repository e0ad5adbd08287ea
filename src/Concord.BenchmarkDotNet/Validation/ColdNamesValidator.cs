using System.Reflection;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using BenchmarkDotNet.Validators;
using Concord.BenchmarkDotNet.Targets;

namespace Concord.BenchmarkDotNet.Validation;

/// <summary>Checks, before anything runs, that what the attributes name exists and can be made cold here.</summary>
internal sealed class ColdNamesValidator : IValidator
{
    public static readonly ColdNamesValidator FailOnError = new();

    public bool TreatsWarningsAsErrors => true;

    public IEnumerable<ValidationError> Validate(ValidationParameters validationParameters) =>
        validationParameters.Benchmarks.SelectMany(Validate);

    private static IEnumerable<ValidationError> Validate(BenchmarkCase benchmark)
    {
        Type type = benchmark.Descriptor.Type;
        MethodInfo method = benchmark.Descriptor.WorkloadMethod;
        string attribute = ColdNames.IsHot(method) ? "HotProcessorCache" : "ColdProcessorCache";
        return Complaints(type, method, benchmark).Select(complaint => new ValidationError(
            isCritical: true, $"[{attribute}] on {type.Name}.{method.Name}: {complaint}", benchmark));
    }

    private static IEnumerable<string> Complaints(Type type, MethodInfo method, BenchmarkCase benchmark)
    {
        if (!ColdNames.IsHot(method) && !ColdNames.IsCold(type, method)) yield break;
        if (benchmark.Job.Infrastructure.Toolchain is InProcessNoEmitToolchain)
            yield return "InProcessNoEmitToolchain hides the benchmark from the engine; use the default toolchain or "
                + "InProcessEmitToolchain";
        if (ColdNames.IsHot(method)) yield break;

        if (!ProcessorCache.IsSupported) yield return ProcessorCache.UnsupportedReason!;
        foreach (string complaint in ColdNames.Complaints(type, method)) yield return complaint;
    }
}
