using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace Concord.Stores.AzureBlobs;

/// <summary>
/// The two clients of a page blob. What only asks, or may be done twice, is the client's own to try again. What writes
/// is not: a request that was given up may still be done later, over a newer one, and only who knows of it can prevent
/// that.
/// </summary>
internal sealed class PageBlobClients
{
    private readonly UseMark _mark = new();

    /// <exception cref="ArgumentNullException">There is no way to connect, or it returns nothing.</exception>
    internal PageBlobClients(Func<BlobClientOptions, PageBlobClient> connect, RetryRules rules)
    {
        ArgumentNullException.ThrowIfNull(connect);
        Asking = Connect(connect, new BlobClientOptions());
        var once = new BlobClientOptions();
        once.Retry.MaxRetries = 0;
        once.Retry.NetworkTimeout = rules.AnswerTimeout;
        Writing = Connect(connect, once);
    }

    /// <summary>Asks, and does what may be done twice.</summary>
    internal PageBlobClient Asking { get; }

    /// <summary>Writes; sends each request once.</summary>
    internal PageBlobClient Writing { get; }

    /// <summary>Whether what was sent went by the options that were given.</summary>
    internal bool AreAsAsked => _mark.WasUsed;

    private PageBlobClient Connect(Func<BlobClientOptions, PageBlobClient> connect, BlobClientOptions options)
    {
        options.AddPolicy(_mark, HttpPipelinePosition.PerCall);
        var client = connect(options);
        ArgumentNullException.ThrowIfNull(client, nameof(connect));
        return client;
    }

    /// <summary>Notes that a request passed.</summary>
    private sealed class UseMark : HttpPipelineSynchronousPolicy
    {
        private volatile bool _wasUsed;

        internal bool WasUsed => _wasUsed;

        public override void OnSendingRequest(HttpMessage message) => _wasUsed = true;
    }
}
