using System.Text.Json.Serialization;

namespace Concord.Cli.Watching;

/// <summary>One look, as a document on one line.</summary>
/// <param name="Time">When it was taken.</param>
/// <param name="Files">The files that are shown.</param>
/// <param name="Totals">The sums of all.</param>
internal sealed record WatchDocument(DateTimeOffset Time, IReadOnlyList<WatchedFile> Files, WatchedTotals Totals);

/// <summary>What the cache holds of a file, and how that changes. A figure that cannot be known is null.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Size">The file's length in bytes.</param>
/// <param name="Pages">Pages the file has.</param>
/// <param name="ResidentPages">Pages in the cache.</param>
/// <param name="DirtyPages">Pages that differ from the store.</param>
/// <param name="WriteBackPages">Pages on their way to the store.</param>
/// <param name="ResidentBytesPerSecond">How fast that grew since the look before; null in the first.</param>
/// <param name="DirtyBytesPerSecond">The same for what is dirty.</param>
internal sealed record WatchedFile(
    string Path, long Size, long Pages, long? ResidentPages, long? DirtyPages, long? WriteBackPages,
    double? ResidentBytesPerSecond, double? DirtyBytesPerSecond)
{
    /// <summary>The bytes of a path that is not UTF-8, to the base 64; the path is then as it is shown.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PathBytes { get; init; }
}

/// <summary>The sums of one look.</summary>
/// <param name="Files">Files.</param>
/// <param name="Size">Their bytes.</param>
/// <param name="Pages">Their pages.</param>
/// <param name="ResidentPages">Those in the cache.</param>
/// <param name="DirtyPages">Those that differ from the store.</param>
/// <param name="ResidentBytesPerSecond">By how much what is resident grew since the look before.</param>
/// <param name="DirtyBytesPerSecond">The same for what is dirty.</param>
/// <param name="FailedFiles">Files that could not be asked.</param>
internal sealed record WatchedTotals(
    long Files, long Size, long Pages, long? ResidentPages, long? DirtyPages, double? ResidentBytesPerSecond,
    double? DirtyBytesPerSecond, long FailedFiles);
