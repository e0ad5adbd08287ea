using System.Text.Json.Serialization;
using Concord.Cli.Text;

namespace Concord.Cli.Remote;

/// <summary>What <c>concord cat --json</c> writes.</summary>
/// <param name="Path">The file, or the address without user, password and query.</param>
/// <param name="Size">Its length.</param>
/// <param name="Output">The file that got the bytes.</param>
/// <param name="BytesWritten">How many.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record CatDocument(string Path, long Size, string Output, long BytesWritten, double Seconds)
{
    /// <summary>The command's name.</summary>
    [JsonPropertyOrder(-1)]
    public string Command => "cat";

    /// <summary>The version, in words; none of a local file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Version { get; init; }

    /// <summary>Bytes that were asked for, within the file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AskedRange? Range { get; init; }

    /// <summary>How many of the bytes the tier had.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesFromTier { get; init; }
}
