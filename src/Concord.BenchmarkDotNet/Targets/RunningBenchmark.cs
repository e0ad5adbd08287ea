using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Concord.BenchmarkDotNet.Targets;

/// <summary>
/// Finds the named memory in a benchmark that is about to run. BenchmarkDotNet runs a class that it derives from
/// the benchmark's and that keeps the arguments in fields of its own, numbered in the order of the parameters; the
/// actions it hands to an engine are that object's methods.
/// </summary>
internal static class RunningBenchmark
{
    private const string ArgumentFieldPrefix = "__argField";

    private const BindingFlags GeneratedFields =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    /// <summary>The memory that the attributes on the running benchmark name.</summary>
    /// <param name="instance">The object whose methods the engine calls.</param>
    /// <param name="benchmarkName">
    /// The full name BenchmarkDotNet gives the benchmark: type, method, arguments in parentheses.
    /// </param>
    /// <exception cref="InvalidOperationException">
    /// The object is not one BenchmarkDotNet generated, or a name is unknown.
    /// </exception>
    public static ColdTarget[] FindTargets(object? instance, string benchmarkName)
    {
        if (instance?.GetType() is not { BaseType: { } type } generated)
            throw new InvalidOperationException($"{benchmarkName} does not run in a class that BenchmarkDotNet derived "
                + "from the benchmark's; use its default toolchain or InProcessEmitToolchain");

        FieldInfo[] arguments = FindArgumentFields(generated);
        MethodInfo benchmark = FindMethod(type, benchmarkName, arguments.Length);
        if (ColdNames.Complaints(type, benchmark).FirstOrDefault() is { } complaint)
            throw new InvalidOperationException($"[ColdProcessorCache] on {type.Name}.{benchmark.Name}: {complaint}");
        return [.. ColdNames.Of(type, benchmark).Select(name => Bind(name, type, benchmark, instance, arguments))];
    }

    private static ColdTarget Bind(string name, Type type, MethodInfo benchmark, object instance, FieldInfo[] arguments)
    {
        if (ColdNames.FindArgument(benchmark, name) is { } argument)
            return ColdTarget.OfMember(arguments[argument.Position], instance,
                $"argument '{name}' of {type.Name}.{benchmark.Name}");
        return ColdTarget.OfMember(ColdNames.FindMember(type, name)!, instance, $"{type.Name}.{name}");
    }

    private static FieldInfo[] FindArgumentFields(Type generated) =>
        [.. generated.GetFields(GeneratedFields)
            .Where(field => field.Name.StartsWith(ArgumentFieldPrefix, StringComparison.Ordinal))
            .OrderBy(field => int.Parse(field.Name.AsSpan(ArgumentFieldPrefix.Length), CultureInfo.InvariantCulture))];

    /// <summary>
    /// The benchmark's method: by its name, and by its number of arguments where a name is overloaded.
    /// </summary>
    private static MethodInfo FindMethod(Type type, string benchmarkName, int argumentCount)
    {
        string beforeArguments = benchmarkName.Split('(')[0];
        string methodName = beforeArguments[(beforeArguments.LastIndexOf('.') + 1)..];
        return type.GetMethods()
            .Where(method => method.IsDefined(typeof(BenchmarkAttribute), inherit: true))
            .SingleOrDefault(method => method.Name == methodName && method.GetParameters().Length == argumentCount)
            ?? throw new InvalidOperationException($"cannot tell which method of {type} the benchmark "
                + $"'{benchmarkName}' is: exactly one must be called {methodName} and have {argumentCount} arguments");
    }
}
