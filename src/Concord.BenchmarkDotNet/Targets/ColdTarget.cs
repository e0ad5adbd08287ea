using System.Reflection;

namespace Concord.BenchmarkDotNet.Targets;

/// <summary>One name of an attribute, bound to the place in a running benchmark where its value lies.</summary>
/// <param name="Described">The name with its context: "argument 'keys' of Reads.Cold".</param>
/// <param name="GetValue">Reads the value now.</param>
internal sealed record ColdTarget(string Described, Func<object?> GetValue)
{
    public static ColdTarget OfMember(MemberInfo member, object instance, string described) => member switch
    {
        FieldInfo field => new(described, () => field.GetValue(field.IsStatic ? null : instance)),
        PropertyInfo property =>
            new(described, () => property.GetValue(property.GetMethod!.IsStatic ? null : instance)),
        _ => throw new ArgumentException($"a {member.MemberType} has no value", nameof(member)),
    };

    /// <summary>The memory the name refers to now.</summary>
    public ColdMemory Resolve() => ColdMemoryType.Of(GetValue(), Described);
}
