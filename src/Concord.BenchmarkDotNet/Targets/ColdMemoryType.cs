using System.Runtime.CompilerServices;

namespace Concord.BenchmarkDotNet.Targets;

/// <summary>
/// Which types hold memory that can be made cold, and how a value of such a type becomes <see cref="ColdMemory"/>.
/// </summary>
internal static class ColdMemoryType
{
    /// <summary>The supported types in words, for error messages.</summary>
    public const string Supported =
        "an array of values without references, a Memory or ReadOnlyMemory of them, a string, or an array of these";

    /// <summary>
    /// Whether values of a declared type can be made cold. A type that does not determine its values (object, an
    /// interface) may be: the value is checked when the benchmark runs.
    /// </summary>
    public static bool MayBeSupported(Type declared) =>
        declared == typeof(object) || declared == typeof(Array) || declared.IsInterface || IsSupported(declared);

    /// <summary>The memory of a value.</summary>
    /// <param name="value">What a name holds.</param>
    /// <param name="described">The name with its context, for error messages.</param>
    /// <exception cref="InvalidOperationException">The value is null or of a type that is not supported.</exception>
    public static ColdMemory Of(object? value, string described)
    {
        if (value is null)
            throw new InvalidOperationException(
                $"{described} is null; it must refer to memory when an iteration begins");
        if (value is string text) return new ColdString(text);

        Type type = value.GetType();
        if (!IsSupported(type))
            throw new InvalidOperationException($"{described} holds a {type}; it must hold {Supported}");
        if (value is Array array) return OfArray(array, type.GetElementType()!, described);
        return OfMemory(value, type.GenericTypeArguments[0]);
    }

    private static bool IsSupported(Type type)
    {
        if (type == typeof(string)) return true;
        if (type.IsArray)
            return type.GetElementType() is { } element && (IsPlainValue(element) || IsSupported(element));
        return type.IsGenericType
            && (type.GetGenericTypeDefinition() == typeof(Memory<>)
                || type.GetGenericTypeDefinition() == typeof(ReadOnlyMemory<>))
            && IsPlainValue(type.GenericTypeArguments[0]);
    }

    private static ColdMemory OfArray(Array array, Type element, string described)
    {
        if (IsPlainValue(element))
            return (ColdMemory)Activator.CreateInstance(typeof(ColdArray<>).MakeGenericType(element), array)!;

        // An array of arrays: a null element has no memory, and is no error.
        return new ColdGroup(
            [.. array.Cast<object?>().Where(member => member is not null).Select(member => Of(member, described))]);
    }

    private static ColdMemory OfMemory(object value, Type element) =>
        (ColdMemory)((Delegate)OfMemory<byte>).Method.GetGenericMethodDefinition().MakeGenericMethod(element)
            .Invoke(null, [value])!;

    private static ColdMemoryOf<T> OfMemory<T>(object value)
        where T : struct =>
        new(value is Memory<T> memory ? memory : (ReadOnlyMemory<T>)value);

    private static bool IsPlainValue(Type type) =>
        type is { IsValueType: true, IsByRefLike: false, ContainsGenericParameters: false }
        && !(bool)typeof(RuntimeHelpers).GetMethod(nameof(RuntimeHelpers.IsReferenceOrContainsReferences))!
            .MakeGenericMethod(type).Invoke(null, null)!;
}
