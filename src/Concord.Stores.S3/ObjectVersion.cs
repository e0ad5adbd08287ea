namespace Concord.Stores.S3;

/// <summary>A version of an object, as the service described it.</summary>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Tag">Its entity tag, with its quotation marks.</param>
/// <param name="Id">Its number, where the bucket keeps versions.</param>
internal sealed record ObjectVersion(long Length, string Tag, string? Id) : IRemoteVersion
{
    /// <summary>Whether an answer shows this version too.</summary>
    internal bool IsShownBy(long length, string? tag) => Length == length && Tag == tag;

    /// <summary>In words, for messages.</summary>
    internal string Describe() => $"tag {Tag}, {Length} bytes" + (Id is null ? "" : $", version {Id}");
}
