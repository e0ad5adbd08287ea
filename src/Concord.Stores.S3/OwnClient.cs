using Amazon;
using Amazon.Runtime;
using Amazon.S3;

namespace Concord.Stores.S3;

/// <summary>A client that a store has made for itself.</summary>
internal sealed class OwnClient : IDisposable
{
    private readonly HttpClient _http;

    private OwnClient(HttpClient http, IAmazonS3 client) => (_http, Client) = (http, client);

    internal IAmazonS3 Client { get; }

    /// <summary>Makes a client as the options say, and the environment where they do not.</summary>
    /// <exception cref="IOException">There are no credentials, or no region.</exception>
    internal static OwnClient Make(string name, S3StoreOptions options)
    {
        var http = new HttpClient(new OriginGuard(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = options.AnswerTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        }))
        {
            Timeout = options.AnswerTimeout,
        };
        try
        {
            var configuration = Configure(options, http);
            return new OwnClient(http, options.Credentials is { } credentials
                ? new AmazonS3Client(credentials, configuration)
                : new AmazonS3Client(configuration));
        }
        catch (AmazonClientException error)
        {
            http.Dispose();
            throw new IOException($"{name}: no client can be made: {error.Message}");
        }
    }

    public void Dispose()
    {
        Client.Dispose();
        _http.Dispose();
    }

    private static AmazonS3Config Configure(S3StoreOptions options, HttpClient http)
    {
        var configuration = new AmazonS3Config
        {
            AllowAutoRedirect = false,
            HttpClientFactory = new OneClient(http),
        };
        if (options.ServiceUrl is { } address)
        {
            configuration.ServiceURL = address.AbsoluteUri;
            configuration.AuthenticationRegion = options.Region ?? "us-east-1";
            configuration.ForcePathStyle = true;
            // Services that are not Amazon's answer ranges with the checksum of the whole object.
            configuration.ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED;
        }
        else if (options.Region is { } region)
        {
            configuration.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        return configuration;
    }

    /// <summary>Gives all requests one client, which is the store's.</summary>
    private sealed class OneClient(HttpClient http) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => http;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;
    }
}
