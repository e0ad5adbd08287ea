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
            yield return "InProcessNoEmitToolchain hides the benchmark from the engine; use the default toolchain or InProcessEmitToolchain";
        if (ColdNames.IsHot(method)) yield break;

        if (!ProcessorCache.IsSupported) yield return ProcessorCache.UnsupportedReason!;

        string[] names = ColdNames.Of(type, method);
        if (names.Length == 0) yield return $"names nothing; give it at least one of: {Offer(type, method)}";
        foreach (string name in names)
        {
            if (Check(name, type, method) is { } complaint) yield return complaint;
        }
    }

    private static string? Check(string name, Type type, MethodInfo method)
    {
        (string Kind, Type Type)? found =
            ColdNames.FindArgument(method, name) is { } argument ? ("argument", argument.ParameterType)
            : ColdNames.FindMember(type, name) is { } member ? (member.MemberType.ToString().ToLowerInvariant(), ColdNames.TypeOf(member))
            : null;
        if (found is not { } there)
            return $"'{name}' is neither an argument of the method nor a field or property of the class; there are: {Offer(type, method)}";
        return ColdMemoryType.MayBeSupported(there.Type)
            ? null
            : $"the {there.Kind} '{name}' is a {there.Type}; it must be {ColdMemoryType.Supported}";
    }

    private static string Offer(Type type, MethodInfo method) =>
        string.Join(", ", ColdNames.Offered(type, method)) is { Length: > 0 } offered ? offered : "(nothing that could be made cold)";
}
