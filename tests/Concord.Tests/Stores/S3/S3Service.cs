using Amazon.Runtime;
using Amazon.S3;
using Concord.Stores;
using Concord.Stores.S3;
using Concord.Tests.Stores.Http;

namespace Concord.Tests.Stores.S3;

/// <summary>A service with one object in every bucket, with entity tags and ranges, and with faults.</summary>
internal sealed class S3Service : IAsyncDisposable
{
    internal const string Bucket = "bucket", Key = "folder/data", AccessKey = "AKIDEXAMPLE";

    private const string SecretKey = "hidden-secret";

    private S3Service(RangeServer server) => Server = server;

    /// <summary>What answers.</summary>
    internal RangeServer Server { get; }

    /// <summary>How a store of its own client comes here.</summary>
    internal S3StoreOptions Options => new()
    {
        ServiceUrl = new Uri(Server.Address, "/"),
        Credentials = new SessionAWSCredentials(AccessKey, SecretKey, "hidden-token"),
        Rules = new RetryRules { Delay = TimeSpan.Zero, RetriesMax = 1 },
    };

    internal static async Task<S3Service> StartAsync(byte[] content) => new(await RangeServer.StartAsync(content));

    /// <summary>A client that sends each request so many times again, after the pauses of the client's own.</summary>
    internal AmazonS3Client Connect(int retries = 0) => new(new BasicAWSCredentials(AccessKey, SecretKey),
        new AmazonS3Config
        {
            ServiceURL = Server.Address.GetLeftPart(UriPartial.Authority),
            AuthenticationRegion = "us-east-1",
            ForcePathStyle = true,
            MaxErrorRetry = retries,
            ThrottleRetries = false,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        });

    internal Task<S3Store> OpenAsync(IAmazonS3? client = null, S3StoreOptions? options = null) =>
        S3Store.OpenAsync(Bucket, Key, options ?? Options, client, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
