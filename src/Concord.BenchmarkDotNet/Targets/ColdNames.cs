using System.Reflection;

namespace Concord.BenchmarkDotNet.Targets;

/// <summary>
/// What the names of the attributes on a benchmark mean: the same for the check before the run and for the run.
/// </summary>
internal static class ColdNames
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
            | BindingFlags.DeclaredOnly;

    /// <summary>Whether a benchmark is measured hot, whatever its class says.</summary>
    public static bool IsHot(MethodInfo benchmark) =>
        benchmark.IsDefined(typeof(HotProcessorCacheAttribute), inherit: true);

    /// <summary>Whether an attribute asks for a benchmark to be cold.</summary>
    public static bool IsCold(Type type, MethodInfo benchmark) =>
        !IsHot(benchmark) && Attributes(type, benchmark).Any();

    /// <summary>
    /// The names that concern a benchmark, each once: none when it is hot, otherwise those on the method and those on
    /// the class and its bases.
    /// </summary>
    public static string[] Of(Type type, MethodInfo benchmark) =>
        IsHot(benchmark) ? [] : [.. Attributes(type, benchmark).SelectMany(attribute => attribute.Names).Distinct()];

    /// <summary>The argument of that name, or null.</summary>
    public static ParameterInfo? FindArgument(MethodInfo benchmark, string name) =>
        benchmark.GetParameters().FirstOrDefault(parameter => parameter.Name == name);

    /// <summary>The field or readable property of that name, the most derived first, or null.</summary>
    public static MemberInfo? FindMember(Type type, string name) =>
        Members(type).FirstOrDefault(member => member.Name == name);

    /// <summary>
    /// What is wrong with the names on a cold benchmark, each with what would be right; nothing when all are right.
    /// </summary>
    public static IEnumerable<string> Complaints(Type type, MethodInfo benchmark)
    {
        string[] names = Of(type, benchmark);
        if (names.Length == 0 && IsCold(type, benchmark))
            yield return $"names nothing; give it at least one of: {Offer(type, benchmark)}";
        foreach (string name in names)
        {
            if (Complaint(name, type, benchmark) is { } complaint) yield return complaint;
        }
    }

    private static string? Complaint(string name, Type type, MethodInfo benchmark)
    {
        (string Kind, Type Type)? found =
            FindArgument(benchmark, name) is { } argument ? ("argument", argument.ParameterType)
            : FindMember(type, name) is { } member ? (member.MemberType.ToString().ToLowerInvariant(), TypeOf(member))
            : null;
        if (found is not { } there)
            return $"'{name}' is neither an argument of the method nor a field or property of the class; there are: "
                + $"{Offer(type, benchmark)}";
        return ColdMemoryType.MayBeSupported(there.Type)
            ? null
            : $"the {there.Kind} '{name}' is a {there.Type}; it must be {ColdMemoryType.Supported}";
    }

    /// <summary>Every name that could have been meant.</summary>
    private static string Offer(Type type, MethodInfo benchmark)
    {
        IEnumerable<string> arguments = benchmark.GetParameters()
            .Where(parameter => ColdMemoryType.MayBeSupported(parameter.ParameterType))
            .Select(parameter => parameter.Name!);
        IEnumerable<string> members = Members(type)
            .Where(member => ColdMemoryType.MayBeSupported(TypeOf(member)))
            .Select(member => member.Name);
        return string.Join(", ", arguments.Concat(members).Distinct()) is { Length: > 0 } offered
            ? offered
            : "(nothing that could be made cold)";
    }

    private static Type TypeOf(MemberInfo member) =>
        member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;

    private static IEnumerable<ColdProcessorCacheAttribute> Attributes(Type type, MethodInfo benchmark) =>
        benchmark.GetCustomAttributes<ColdProcessorCacheAttribute>(inherit: true)
            .Concat(type.GetCustomAttributes<ColdProcessorCacheAttribute>(inherit: true));

    private static IEnumerable<MemberInfo> Members(Type type)
    {
        for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            // Leave out names that the compiler made (backing fields): no user can write them.
            foreach (FieldInfo field in level.GetFields(Declared))
            {
                if (!field.Name.Contains('<', StringComparison.Ordinal)) yield return field;
            }

            foreach (PropertyInfo property in level.GetProperties(Declared))
            {
                if (property.GetMethod is not null && property.GetIndexParameters().Length == 0) yield return property;
            }
        }
    }
}
