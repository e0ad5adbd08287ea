using System.Text.Json.Serialization;

namespace Concord.Cli.Actions;

/// <summary>Pages that stayed in the cache, and what holds them.</summary>
/// <param name="Offset">Their first byte.</param>
/// <param name="Length">Their bytes, clipped to the file.</param>
/// <param name="Pages">How many pages.</param>
/// <param name="Reason">Why they stayed, as <see cref="LeftReason"/> names it, in camel case.</param>
/// <param name="Holder">What holds them, where that is known.</param>
internal sealed record LeftPages(long Offset, long Length, long Pages, string Reason, string? Holder)
{
    /// <summary>The value of <see cref="Reason"/> for pages that a process maps.</summary>
    internal const string Mapped = "mappedByProcess";

    /// <summary>The pages by their numbers: <c>0-15</c>.</summary>
    [JsonIgnore]
    internal string Range
    {
        get
        {
            long first = Offset / Environment.SystemPageSize;
            return Pages == 1 ? $"{first}" : $"{first}-{first + Pages - 1}";
        }
    }

    /// <summary>The reason as text.</summary>
    [JsonIgnore]
    internal string Why { get; private init; } = "";

    internal static LeftPages From(LeftRange left)
    {
        ByteRange pages = left.Range.RoundOut(Environment.SystemPageSize);
        return new LeftPages(
            left.Range.Offset,
            left.Range.Length,
            pages.Length / Environment.SystemPageSize,
            Names.CamelCase(left.Reason.ToString()),
            left.Holder)
        {
            Why = Describe(left.Reason),
        };
    }

    private static string Describe(LeftReason reason) => reason switch
    {
        LeftReason.Lease => "a lease holds them",
        LeftReason.Reader => "a reader is inside them",
        LeftReason.View => "a view shows them",
        LeftReason.Lock => "locked in memory",
        LeftReason.MappedByProcess => "mapped by a process",
        LeftReason.DirtyAgain => "written again meanwhile",
        LeftReason.StoreIsMemory => "the store is memory",
        _ => "cannot be known",
    };
}
