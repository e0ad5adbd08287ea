using System.Text.Json.Serialization;
using Concord.Cli.Files;
using Concord.Cli.Text;

namespace Concord.Cli.Snapshot;

/// <summary>What the cache holds of a file, as a snapshot has it.</summary>
/// <param name="Path">The absolute path.</param>
/// <param name="Size">The file's length in bytes.</param>
/// <param name="Ranges">Its resident bytes, in ascending order.</param>
internal sealed record SnapshotFile(string Path, long Size, IReadOnlyList<AskedRange> Ranges)
{
    /// <summary>The bytes of a path that is not UTF-8, to the base 64; the path is then as it is shown.</summary>
    [JsonPropertyOrder(1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PathBytes { get; init; }

    /// <summary>Reads what is resident of a file; null where nothing is.</summary>
    /// <param name="walked">The file.</param>
    /// <param name="unknown">Why that cannot be known; null where it can.</param>
    /// <exception cref="IOException">The file cannot be asked.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    internal static SnapshotFile? Read(WalkedFile walked, out string? unknown)
    {
        using SystemFile file = walked.Open();
        CacheResidency residency = file.QueryAsOpened(range: null, ResidencyDetail.Pages);
        unknown = residency.Map is null ? file.WhyUnknown : null;
        if (residency.Map is not { } map || residency.Resident == 0) return null;
        string absolute = AbsolutePath.Of(walked.Path);
        return new SnapshotFile(absolute, file.LengthWhenOpened, [.. RangesOf(map, file.LengthWhenOpened)])
        {
            PathBytes = PathText.BytesInDocument(absolute),
        };
    }

    private static IEnumerable<AskedRange> RangesOf(PageMap map, long length)
    {
        long page = Environment.SystemPageSize;
        foreach (PageRun run in PageRuns.Of(map))
        {
            long offset = run.First * page;
            yield return new AskedRange(offset, Math.Min((run.Last + 1) * page, length) - offset);
        }
    }
}
