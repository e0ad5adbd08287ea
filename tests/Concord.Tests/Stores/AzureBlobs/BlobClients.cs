using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Concord.Stores;
using Concord.Stores.AzureBlobs;

namespace Concord.Tests.Stores.AzureBlobs;

/// <summary>Clients of <see cref="BlobService"/>, and stores over them, which try again at once.</summary>
internal static class BlobClients
{
    /// <summary>How a store of a page blob comes there.</summary>
    internal static Func<BlobClientOptions, PageBlobClient> To(BlobService service) =>
        options => new PageBlobClient(service.Address, Through(service, options));

    /// <summary>A client of the blob, of whatever kind it is.</summary>
    internal static BlobClient Read(BlobService service) =>
        new(service.Address, Through(service, new BlobClientOptions()));

    /// <summary>Options without pauses, which send a request so many times again.</summary>
    internal static AzurePageBlobStoreOptions Quick(int retries = 1) => new()
    {
        Rules = new RetryRules { Delay = TimeSpan.Zero, RetriesMax = retries },
    };

    internal static AzurePageBlobStore Open(BlobService service, AzurePageBlobStoreOptions? options = null) =>
        AzurePageBlobStore.Open(To(service), options ?? Quick());

    private static BlobClientOptions Through(BlobService service, BlobClientOptions options)
    {
        options.Transport = new HttpClientTransport(new HttpClient(service, disposeHandler: false));
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        options.Retry.MaxRetries = Math.Min(options.Retry.MaxRetries, 1);
        return options;
    }
}
