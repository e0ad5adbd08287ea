using Azure;

namespace Concord.Stores.AzureBlobs;

/// <summary>A version of a blob, as the service described it.</summary>
/// <param name="Length">How many bytes the file has in it.</param>
/// <param name="BlobBytes">How many bytes the blob has: a page blob that is a file's may have more.</param>
/// <param name="Tag">Its entity tag.</param>
internal sealed record BlobVersion(long Length, long BlobBytes, ETag Tag) : IRemoteVersion
{
    /// <summary>In words, for messages.</summary>
    internal string Describe() => $"tag {Tag}, {Length} bytes";
}
