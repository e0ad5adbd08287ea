using Amazon.S3;

namespace Concord.Stores.S3;

/// <summary>
/// An object in S3, or in a service that speaks as it does, read in ranges: as long as the service has the same version
/// of it, the store shows that one; then no other. It cannot be written.
/// </summary>
/// <remarks>
/// <para>
/// The version is that of the moment when the store was opened, or refreshed last: <c>FlushAndPurge</c> of a file of a
/// cache refreshes its store. A read of an object that was replaced since then throws
/// <see cref="StoreChangedException"/>, which names both versions; bytes of two versions are never mixed in a read. A
/// purge of a part of a file goes on with the new version too, and leaves pages of the old one outside that part.
/// <see cref="S3StoreOptions.VersionId"/> shows one version for ever.
/// </para>
/// <para>
/// Failures of requests are the client's to try again, with the client's own pauses; answers that end early are
/// continued by the store. What the service says in words is in no message, only its status and its code: neither keys
/// nor tokens can appear.
/// </para>
/// <para>All members may be called by several threads at once.</para>
/// </remarks>
public sealed class S3Store : BackingStore
{
    private readonly OwnClient? _ownClient;
    private readonly S3Object _object;
    private readonly ShownVersion<ObjectVersion> _shown = new();
    private readonly string _place;
    private volatile bool _isDisposed;

    private S3Store(string bucket, string key, S3StoreOptions? options, IAmazonS3? client)
    {
        ArgumentException.ThrowIfNullOrEmpty(bucket);
        ArgumentException.ThrowIfNullOrEmpty(key);
        Options = options ?? new S3StoreOptions();
        Name = $"s3://{bucket}/{key}";
        if (client is null)
        {
            _ownClient = OwnClient.Make(Name, Options);
            client = _ownClient.Client;
        }

        _object = new S3Object(client, Name, bucket, key, Options);
        _place = $"S3 {client.Config.ServiceURL ?? client.Config.RegionEndpoint?.PartitionName} {bucket} "
            + $"{key.Length} {key}";
        Identity = (typeof(S3Store), client.Config.ServiceURL ?? "", bucket, key, Options.VersionId);
    }

    /// <summary>Opens an object. Blocks until the service has answered.</summary>
    /// <param name="bucket">The bucket's name, or the name or number of an access point.</param>
    /// <param name="key">The object's key.</param>
    /// <param name="options">Which version, and how to ask; null for the defaults.</param>
    /// <param name="client">The client to ask with; stays the caller's. Null for one of the store's own.</param>
    /// <returns>The store; the caller disposes it, or the cache that it is opened in.</returns>
    /// <exception cref="ArgumentNullException">The bucket or the key is null.</exception>
    /// <exception cref="ArgumentException">The bucket or the key is empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such object.</exception>
    /// <exception cref="IOException">
    /// The service does not answer or refuses access, or there are no credentials or region for a client.
    /// </exception>
    public static S3Store Open(
        string bucket, string key, S3StoreOptions? options = null, IAmazonS3? client = null) =>
        FirstRefresh.Of(new S3Store(bucket, key, options, client));

    /// <summary>Opens an object, as <see cref="Open"/> does, without blocking the caller.</summary>
    /// <param name="bucket">The bucket's name, or the name or number of an access point.</param>
    /// <param name="key">The object's key.</param>
    /// <param name="options">Which version, and how to ask; null for the defaults.</param>
    /// <param name="client">The client to ask with; stays the caller's. Null for one of the store's own.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is open then.</param>
    /// <returns>The store; the caller disposes it, or the cache that it is opened in.</returns>
    /// <exception cref="ArgumentNullException">The bucket or the key is null.</exception>
    /// <exception cref="ArgumentException">The bucket or the key is empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such object.</exception>
    /// <exception cref="IOException">As <see cref="Open"/>.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static async Task<S3Store> OpenAsync(
        string bucket, string key, S3StoreOptions? options = null, IAmazonS3? client = null,
        CancellationToken cancellationToken = default)
    {
        var store = new S3Store(bucket, key, options, client);
        return await FirstRefresh.OfAsync(store, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Which version the store shows, and how it asks.</summary>
    public S3StoreOptions Options { get; }

    /// <summary>The version that the store shows, in words: its tag, its length, and its number if any.</summary>
    public string Version => _shown.Now.Describe();

    /// <inheritdoc/>
    /// <value>The service, the bucket, the key and the version that the options name.</value>
    public override object Identity { get; }

    /// <inheritdoc/>
    /// <value>The bucket and the key, as <c>s3://bucket/key</c>.</value>
    public override string Name { get; }

    /// <inheritdoc/>
    /// <value>False.</value>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    /// <value>None.</value>
    public override IReadOnlyCollection<ICoherentFile> FilesBelow => [];

    /// <inheritdoc/>
    /// <value>The service, the bucket, the key and the version.</value>
    public override string? ContentKey => $"{_place} {Version}";

    /// <inheritdoc/>
    /// <remarks>Does not block: the length is that of the version that the store shows.</remarks>
    public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) =>
        _shown.GetLengthAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Asks the service which version it has; reads that begin later are of that one.</remarks>
    public override ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _shown.RefreshAsync(_object.FindVersionAsync, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="StoreChangedException">The service has another version than the store shows.</exception>
    public override ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _shown.ReadAsync(offset, destination, _object.ReadAsync, cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        if (disposing) _ownClient?.Dispose();
        base.Dispose(disposing);
    }
}
