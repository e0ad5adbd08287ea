using System.Text.Json.Serialization;
using Concord.Cli.Text;

namespace Concord.Cli.Remote;

/// <summary>What a command found, or did, of one file behind an address; as documents have it.</summary>
/// <param name="Path">The address without user, password and query.</param>
/// <param name="BytesInTier">Bytes that the tier has now of what was asked for, in this version.</param>
internal sealed record RemoteOutcome(string Path, long BytesInTier)
{
    /// <summary>Its length; not known to a purge, which asks no server.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Size { get; init; }

    /// <summary>The version, in words.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Version { get; init; }

    /// <summary>Bytes that were asked for, within the file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AskedRange? Range { get; init; }

    /// <summary>Bytes that a load brought from the server.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesLoaded { get; init; }

    /// <summary>Bytes that a purge dropped from the tier, of all versions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesDropped { get; init; }

    /// <summary>How many bytes were asked for.</summary>
    internal long Asked => Range?.Length ?? Size ?? 0;
}

/// <summary>The totals of a command on files behind addresses, as they are documented.</summary>
internal sealed record RemoteTotals(long Files, long Size, long BytesInTier, double Seconds)
{
    /// <summary>Bytes that were brought from servers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesLoaded { get; init; }

    /// <summary>Bytes that were dropped from the tier.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? BytesDropped { get; init; }
}
