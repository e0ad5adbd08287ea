using System.Globalization;
using System.Net.Http.Headers;

namespace Concord.Stores.Http;

/// <summary>A version of the file behind the address, as the server described it.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Tag">Its strong entity tag, where the server gives one.</param>
/// <param name="LastModified">When it was changed last, where the server says.</param>
internal sealed record RemoteVersion(long Length, EntityTagHeaderValue? Tag, DateTimeOffset? LastModified)
    : IRemoteVersion
{
    /// <summary>Whether an answer shows this version too, as far as it tells.</summary>
    internal bool IsShownBy(RemoteVersion other, HttpVersionCheck check) => Length == other.Length && check switch
    {
        HttpVersionCheck.StrongTag => Tag?.Tag == other.Tag?.Tag,
        HttpVersionCheck.LastModified => LastModified == other.LastModified,
        _ => true,
    };

    private string When => LastModified?.ToString("u", CultureInfo.InvariantCulture) ?? "nobody knows when";

    /// <summary>In words, for messages.</summary>
    internal string Describe(HttpVersionCheck check) => check switch
    {
        HttpVersionCheck.StrongTag => $"tag {Tag?.Tag ?? "none"}, {Length} bytes",
        HttpVersionCheck.LastModified => $"changed {When}, {Length} bytes",
        _ => $"{Length} bytes",
    };
}
