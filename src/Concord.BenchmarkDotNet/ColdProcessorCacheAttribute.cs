using BenchmarkDotNet.Configs;
using Concord.BenchmarkDotNet.Engine;

namespace Concord.BenchmarkDotNet;

/// <summary>
/// Makes the processors' caches cold for named memory before each invocation of a benchmark: the lines of every
/// named argument, field or property are written back and invalidated on every processor, and the time that takes
/// is not in the time reported.
/// </summary>
/// <remarks>
/// <para>On a method it concerns that benchmark; on a class, every benchmark of the class. Names of several
/// attributes add up.</para>
/// <para>A name is looked up first among the benchmark's arguments, then among the fields and properties of the class,
/// public or not, static or not. It may hold an array of values without references (of any rank), a
/// <see cref="Memory{T}"/> or <see cref="ReadOnlyMemory{T}"/> of such values, a <see cref="string"/>, or an array whose
/// elements are of such types themselves. What the name refers to is looked up once an iteration, after the iteration's
/// setup.</para>
/// <para>Put <see cref="HotProcessorCacheAttribute"/> on the benchmark it is compared with.</para>
/// <para>The code of the benchmark, the stack and all memory that is not named stay as warm as they are.</para>
/// <para>Needs a process of its own for each benchmark, which is BenchmarkDotNet's default, or
/// <c>InProcessEmitToolchain</c>. A wrong name, memory of an unsupported type, or a machine whose caches cannot be
/// flushed is a validation error before anything runs.</para>
/// </remarks>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class ColdProcessorCacheAttribute : Attribute, IConfigSource
{
    /// <summary>Names what is to be cold.</summary>
    /// <param name="names">
    /// Arguments of the benchmark, or fields and properties of its class; use <see langword="nameof"/> for the latter.
    /// At least one. Wrong names are reported by BenchmarkDotNet's validation, with the names there are.
    /// </param>
    public ColdProcessorCacheAttribute(params string[] names)
    {
        Names = names ?? [];
        Config = InvocationConfig.Create();
    }

    /// <summary>The arguments, fields and properties that are made cold.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>
    /// What the attribute adds to the benchmark's configuration: its engine, and the check of the names.
    /// </summary>
    public IConfig Config { get; }
}
