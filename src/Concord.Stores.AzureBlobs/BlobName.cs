using Azure.Storage.Blobs;

namespace Concord.Stores.AzureBlobs;

/// <summary>A blob's address without what is secret in it.</summary>
internal static class BlobName
{
    /// <summary>The address without signature and other queries, but with snapshot and version.</summary>
    internal static string Of(Uri address) =>
        new BlobUriBuilder(address) { Sas = null, Query = "" }.ToUri().AbsoluteUri;
}
