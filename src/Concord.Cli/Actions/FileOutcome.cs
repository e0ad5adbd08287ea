using System.Text.Json.Serialization;
using Concord.Cli.Text;

namespace Concord.Cli.Actions;

/// <summary>What a command did with one file.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Size">The file's length in bytes.</param>
internal abstract record FileOutcome(string Path, long Size)
{
    /// <summary>The bytes of a path that is not UTF-8, to the base 64; the path is then as it is shown.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PathBytes { get; init; }

    /// <summary>The bytes that were asked for, where that was a range: clipped to the file.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AskedRange? Range { get; init; }

    /// <summary>How many bytes were asked for, where that was not the whole file.</summary>
    internal long? BytesAsked { get; init; }
}

/// <summary>What <c>load</c> did.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Size">The file's length in bytes.</param>
/// <param name="BytesLoaded">Bytes that were loaded.</param>
/// <param name="Pages">Pages the file has.</param>
/// <param name="ResidentPages">
/// Pages in the cache by a query afterwards; null when that cannot be known.
/// </param>
internal sealed record LoadOutcome(string Path, long Size, long BytesLoaded, long Pages, long? ResidentPages)
    : FileOutcome(Path, Size)
{
    /// <summary>Why the resident pages are unknown, or will not stay; null where neither is so.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Unknown { get; init; }
}

/// <summary>What <c>flush</c> or <c>purge</c> did. A figure that cannot be known is null.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Size">The file's length in bytes.</param>
/// <param name="Status"><c>success</c>, <c>cachePageLocked</c> or <c>unknown</c>.</param>
/// <param name="BytesInStore">Bytes known to be in the store.</param>
/// <param name="BytesWritten">Bytes that had to be written back.</param>
/// <param name="PagesPurged">Pages dropped.</param>
/// <param name="Left">The pages that stayed.</param>
internal sealed record FlushOutcome(
    string Path,
    long Size,
    string Status,
    long BytesInStore,
    long? BytesWritten,
    long? PagesPurged,
    IReadOnlyList<LeftPages> Left) : FileOutcome(Path, Size);
