using System.Text.Json.Serialization;

namespace Concord.Cli.Remote;

/// <summary>What <c>concord tier --json</c> writes.</summary>
/// <param name="Action">What was done: status or purge.</param>
/// <param name="Directory">The tier's directory.</param>
/// <param name="CapacityBytes">The most bytes that it takes.</param>
/// <param name="HeldBytes">The bytes that it has.</param>
/// <param name="Files">Whose bytes they are; the most first.</param>
internal sealed record TierDocument(
    string Action, string Directory, long CapacityBytes, long HeldBytes, IReadOnlyList<TierFile> Files)
{
    /// <summary>The command's name.</summary>
    [JsonPropertyOrder(-1)]
    public string Command => "tier";

    /// <summary>The process that uses it; 0 where the system does not tell which.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? UsedByProcess { get; init; }

    /// <summary>Bytes that a purge dropped.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesDropped { get; init; }
}

/// <summary>What a tier has of one version of a file.</summary>
/// <param name="Path">Its name, without what may be secret.</param>
/// <param name="HeldBytes">Bytes.</param>
/// <param name="Blocks">Blocks that have any of them.</param>
internal sealed record TierFile(string Path, long HeldBytes, long Blocks);
