using System.Reflection;

namespace Concord.BenchmarkDotNet.Targets;

/// <summary>What the names of the attributes on a benchmark mean: the same for the check before the run and for the run.</summary>
internal static class ColdNames
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Whether a benchmark is measured hot, whatever its class says.</summary>
    public static bool IsHot(MethodInfo benchmark) => benchmark.IsDefined(typeof(HotProcessorCacheAttribute), inherit: true);

    /// <summary>Whether an attribute asks for a benchmark to be cold.</summary>
    public static bool IsCold(Type type, MethodInfo benchmark) => !IsHot(benchmark) && Attributes(type, benchmark).Any();

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

    /// <summary>The type a field or property declares.</summary>
    public static Type TypeOf(MemberInfo member) =>
        member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;

    /// <summary>Every name that could have been meant, for error messages.</summary>
    public static IEnumerable<string> Offered(Type type, MethodInfo benchmark) =>
        benchmark.GetParameters()
            .Where(parameter => ColdMemoryType.MayBeSupported(parameter.ParameterType))
            .Select(parameter => parameter.Name!)
            .Concat(Members(type).Where(member => ColdMemoryType.MayBeSupported(TypeOf(member))).Select(member => member.Name))
            .Distinct();

    private static IEnumerable<ColdProcessorCacheAttribute> Attributes(Type type, MethodInfo benchmark) =>
        benchmark.GetCustomAttributes<ColdProcessorCacheAttribute>(inherit: true)
            .Concat(type.GetCustomAttributes<ColdProcessorCacheAttribute>(inherit: true));

    private static IEnumerable<MemberInfo> Members(Type type)
    {
        for (Type? level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            // Names that the compiler made up (backing fields) are nobody's to write.
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
