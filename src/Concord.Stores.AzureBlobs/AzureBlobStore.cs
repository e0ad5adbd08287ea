using Azure.Storage.Blobs.Specialized;

namespace Concord.Stores.AzureBlobs;

/// <summary>
/// A blob of Azure, of any kind, read in ranges: as long as the service has the same version of it, the store shows
/// that one; then no other. It cannot be written; page blobs can, through <see cref="AzurePageBlobStore"/>.
/// </summary>
/// <remarks>
/// <para>
/// The version is that of the moment when the store was opened, or refreshed last: <c>FlushAndPurge</c> of a file of a
/// cache refreshes its store. A read of a blob that has changed since then throws <see cref="StoreChangedException"/>,
/// which names both versions; bytes of two versions are never mixed in a read. A purge of a part of a file goes on with
/// the new version too, and leaves pages of the old one outside that part. A client of a snapshot or of a version
/// (<c>WithSnapshot</c>, <c>WithVersion</c>) shows that one for ever.
/// </para>
/// <para>
/// Failures that may pass are the client's to try again. What the service says in words is in no message, only its
/// status and its code, and no query of an address: neither signatures nor tokens can appear.
/// </para>
/// <para>All members may be called by several threads at once.</para>
/// </remarks>
public sealed class AzureBlobStore : BackingStore
{
    private readonly BlobContent _blob;
    private readonly ShownVersion<BlobVersion> _shown = new();
    private volatile bool _isDisposed;

    private AzureBlobStore(BlobBaseClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        Name = BlobName.Of(client.Uri);
        _blob = new BlobContent(client, Name);
    }

    /// <summary>Opens a blob. Blocks until the service has answered.</summary>
    /// <param name="client">A client of the blob, with credentials, time-outs and retries; stays the caller's.</param>
    /// <returns>The store; the caller disposes it, or the cache that it is opened in.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="client"/> is null.</exception>
    /// <exception cref="FileNotFoundException">There is no such blob.</exception>
    /// <exception cref="IOException">The service does not answer, or refuses access.</exception>
    public static AzureBlobStore Open(BlobBaseClient client)
    {
        var store = new AzureBlobStore(client);
        store.Refresh();
        return store;
    }

    /// <summary>Opens a blob, as <see cref="Open"/> does, without blocking the caller.</summary>
    /// <param name="client">A client of the blob, with credentials, time-outs and retries; stays the caller's.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is open then.</param>
    /// <returns>The store; the caller disposes it, or the cache that it is opened in.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="client"/> is null.</exception>
    /// <exception cref="FileNotFoundException">There is no such blob.</exception>
    /// <exception cref="IOException">The service does not answer, or refuses access.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static async Task<AzureBlobStore> OpenAsync(
        BlobBaseClient client, CancellationToken cancellationToken = default)
    {
        var store = new AzureBlobStore(client);
        await store.RefreshAsync(cancellationToken).ConfigureAwait(false);
        return store;
    }

    /// <summary>The version that the store shows, in words: its tag and its length.</summary>
    public string Version => _shown.Now.Describe();

    /// <inheritdoc/>
    /// <value>The address, as <see cref="Name"/> shows it.</value>
    public override object Identity => (typeof(AzureBlobStore), Name);

    /// <inheritdoc/>
    /// <value>The address without signature, with snapshot and version.</value>
    public override string Name { get; }

    /// <inheritdoc/>
    /// <value>False.</value>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    /// <value>None.</value>
    public override IReadOnlyCollection<ICoherentFile> FilesBelow => [];

    /// <inheritdoc/>
    /// <value>The address and the version.</value>
    public override string? ContentKey => $"{Name} {Version}";

    /// <inheritdoc/>
    /// <remarks>Does not block: the length is that of the version that the store shows.</remarks>
    public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) =>
        _shown.GetLengthAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Asks the service which version it has; reads that begin later are of that one.</remarks>
    public override ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _shown.RefreshAsync(_blob.FindVersionAsync, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="StoreChangedException">The service has another version than the store shows.</exception>
    public override ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _shown.ReadAsync(offset, destination, _blob.ReadAsync, cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isDisposed = true;
        base.Dispose(disposing);
    }
}
