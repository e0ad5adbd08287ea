using System.Text.Json.Serialization;
using Concord.Cli.Text;

namespace Concord.Cli.Locking;

/// <summary>A file whose pages are to be kept in memory.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Size">The file's length in bytes.</param>
/// <param name="Pages">Pages that are kept.</param>
/// <param name="BytesLocked">The bytes of these pages.</param>
internal sealed record HeldFile(string Path, long Size, long Pages, long BytesLocked)
{
    /// <summary>The bytes that were asked for, where that was a range: clipped to the file.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AskedRange? Range { get; init; }

    /// <summary>The bytes of a path that is not UTF-8, to the base 64; the path is then as it is shown.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PathBytes { get; init; }

    /// <summary>The path by which it is opened.</summary>
    [JsonIgnore]
    internal string OpenedAs { get; private init; } = "";

    /// <summary>The whole pages that are kept.</summary>
    [JsonIgnore]
    internal ByteRange Kept { get; private init; }

    internal static HeldFile Of(string path, long length, ByteRange? range)
    {
        int page = Environment.SystemPageSize;
        ByteRange asked = new ByteRange(0, length).Intersect(range ?? new ByteRange(0, long.MaxValue));
        ByteRange kept = asked.RoundOut(page);
        return new HeldFile(PathText.InDocument(path), length, kept.Length / page, kept.Length)
        {
            Range = AskedRange.Of(range, length),
            PathBytes = PathText.BytesInDocument(path),
            OpenedAs = path,
            Kept = kept,
        };
    }
}

/// <summary>Sums over the files that are kept.</summary>
/// <param name="Files">How many files.</param>
/// <param name="Pages">Their pages.</param>
/// <param name="BytesLocked">The bytes of these pages.</param>
/// <param name="LimitBytes">How many bytes this process may lock; null for no limit.</param>
/// <param name="Process">The process that keeps them.</param>
internal sealed record HeldTotals(long Files, long Pages, long BytesLocked, long? LimitBytes, int Process);
