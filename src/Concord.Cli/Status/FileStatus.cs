using System.Text.Json.Serialization;
using Concord.Cli.Files;
using Concord.Cli.Running;
using Concord.Cli.Text;

namespace Concord.Cli.Status;

/// <summary>What the cache holds of one file. A figure that cannot be known is null.</summary>
/// <param name="Path">The path, beginning as the argument was written.</param>
/// <param name="Size">The file's length in bytes.</param>
/// <param name="PageSize">Bytes a page.</param>
/// <param name="Pages">Pages the file has.</param>
/// <param name="ResidentPages">Pages in the cache.</param>
/// <param name="DirtyPages">Pages that differ from the store.</param>
/// <param name="WriteBackPages">Pages on their way to the store.</param>
/// <param name="Runs">The runs of resident pages, where they were requested and can be known.</param>
internal sealed record FileStatus(
    string Path,
    long Size,
    int PageSize,
    long Pages,
    long? ResidentPages,
    long? DirtyPages,
    long? WriteBackPages,
    [property: JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IEnumerable<PageRun>? Runs)
{
    /// <summary>Resident pages as a part of all, 0 to 1; null when unknown, and for an empty file.</summary>
    public double? Share => Pages > 0 && ResidentPages is { } resident ? (double)resident / Pages : null;

    /// <summary>The bytes of a path that is not UTF-8, to the base 64; the path is then as it is shown.</summary>
    [JsonPropertyOrder(2), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PathBytes { get; init; }

    /// <summary>Why the resident pages are unknown, where they are.</summary>
    [JsonPropertyOrder(2), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Unknown { get; init; }

    /// <summary>The bytes that the figures are of, where that is a range: clipped to the file.</summary>
    [JsonPropertyOrder(2), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AskedRange? Range { get; init; }

    /// <summary>How many bytes the figures are of.</summary>
    [JsonIgnore]
    internal long AskedBytes => Range?.Length ?? Size;

    /// <summary>The path by which it was opened.</summary>
    [JsonIgnore]
    internal string OpenedAs { get; private init; } = "";

    /// <summary>The path as it is shown.</summary>
    [JsonIgnore]
    internal string ShownPath => PathText.Name(OpenedAs);

    /// <summary>The map the runs come from.</summary>
    [JsonIgnore]
    internal PageMap? Map { get; init; }

    /// <summary>Asks for a file.</summary>
    /// <param name="walked">The file.</param>
    /// <param name="range">The bytes; the whole of it when null.</param>
    /// <param name="detail">Whether to ask for each page.</param>
    /// <param name="withRuns">Whether to report the runs of pages.</param>
    internal static FileStatus Read(WalkedFile walked, ByteRange? range, ResidencyDetail detail, bool withRuns)
    {
        string path = walked.Path;
        using SystemFile file = walked.Open();
        CacheResidency residency = file.QueryAsOpened(range, detail);
        return new FileStatus(
            PathText.InDocument(path),
            file.LengthWhenOpened,
            residency.PageSize,
            residency.Pages,
            residency.Resident,
            residency.Dirty,
            residency.UnderWriteBack,
            withRuns && residency.Map is { } map ? PageRuns.Of(map) : null)
        {
            Map = residency.Map,
            Range = AskedRange.Of(range, file.LengthWhenOpened),
            OpenedAs = path,
            PathBytes = PathText.BytesInDocument(path),
            Unknown = residency.Resident is null ? file.WhyUnknown : null,
        };
    }

    /// <summary>The map, asked for now where it was not before; null when it cannot be known.</summary>
    internal PageMap? AskForMap()
    {
        if (Map is not null) return Map;
        try
        {
            using SystemFile file = SystemFile.Open(OpenedAs);
            return Range is { } range
                ? file.Query(new ByteRange(range.Offset, range.Length), ResidencyDetail.Pages).Map
                : file.Query(ResidencyDetail.Pages).Map;
        }
        catch (Exception exception) when (Failures.IsExpected(exception))
        {
            // The file went away between its figures and its map: show the figures without a map.
            return null;
        }
    }
}
