using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace Concord.Stores.AzureBlobs;

/// <summary>
/// A page blob of Azure that is read and written in place, by one writer at a time: another one is refused when it
/// opens the blob, and one that has lost the blob is refused with each request.
/// </summary>
/// <remarks>
/// <para>
/// A write that has returned is durable, and so is a length: a barrier only makes sure that no request which was given
/// up is done later. A write that fails may have been done in part, in pieces of 512 bytes; it is not done later, over
/// a newer one.
/// </para>
/// <para>
/// A page blob is a multiple of 512 bytes long. A file that ends between two multiples says so in the metadata of its
/// blob, under <c>concord_length</c>, and the rest of the last page means nothing. Blobs whose length somebody else has
/// changed are as long as they are.
/// </para>
/// <para>
/// What the service says in words is in no message, only its status and its code, and no query of an address: neither
/// signatures nor tokens can appear.
/// </para>
/// <para>All members may be called by several threads at once, as a cache calls them.</para>
/// </remarks>
public sealed class AzurePageBlobStore : BackingStore
{
    private readonly PageBlobClients _clients;
    private readonly CallGate _gate = new();
    private BlobLease? _lease;
    private PageBlobFile? _file;
    private bool _isDisposed;

    private AzurePageBlobStore(
        Func<BlobClientOptions, PageBlobClient> connect, AzurePageBlobStoreOptions? options)
    {
        Options = options ?? new AzurePageBlobStoreOptions();
        _clients = new PageBlobClients(connect, Options.Rules);
        Name = BlobName.Of(_clients.Asking.Uri);
    }

    /// <summary>Opens a page blob, as its only writer. Blocks until the service has answered.</summary>
    /// <param name="connect">
    /// Makes a client of the blob with options that it is given; it may add to them, but not change their retries.
    /// </param>
    /// <param name="options">How to keep other writers away; null for the defaults.</param>
    /// <returns>The store; the caller disposes it, or the cache that it is opened in.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connect"/> is null, or returns nothing.</exception>
    /// <exception cref="ArgumentException">The client was made without the options that it was given.</exception>
    /// <exception cref="FileNotFoundException">There is no such blob.</exception>
    /// <exception cref="IOException">
    /// The blob has another writer, or is no page blob; the service does not answer, or refuses access.
    /// </exception>
    public static AzurePageBlobStore Open(
        Func<BlobClientOptions, PageBlobClient> connect, AzurePageBlobStoreOptions? options = null)
    {
        var store = new AzurePageBlobStore(connect, options);
        return DefaultFormGuard.Wait(
            store, nameof(Open), () => new ValueTask<AzurePageBlobStore>(store.BeginAsync(CancellationToken.None)));
    }

    /// <summary>Opens a page blob, as <see cref="Open"/> does, without blocking the caller.</summary>
    /// <param name="connect">
    /// Makes a client of the blob with options that it is given; it may add to them, but not change their retries.
    /// </param>
    /// <param name="options">How to keep other writers away; null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is open then.</param>
    /// <returns>The store; the caller disposes it, or the cache that it is opened in.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connect"/> is null, or returns nothing.</exception>
    /// <exception cref="ArgumentException">The client was made without the options that it was given.</exception>
    /// <exception cref="FileNotFoundException">There is no such blob.</exception>
    /// <exception cref="IOException">As <see cref="Open"/>.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static Task<AzurePageBlobStore> OpenAsync(
        Func<BlobClientOptions, PageBlobClient> connect, AzurePageBlobStoreOptions? options = null,
        CancellationToken cancellationToken = default) =>
        new AzurePageBlobStore(connect, options).BeginAsync(cancellationToken);

    /// <summary>How the store keeps other writers away.</summary>
    public AzurePageBlobStoreOptions Options { get; }

    /// <inheritdoc/>
    /// <value>The address, as <see cref="Name"/> shows it; an <see cref="AzureBlobStore"/> of it is the same.</value>
    public override object Identity => (typeof(AzureBlobStore), Name);

    /// <inheritdoc/>
    /// <value>The address without signature.</value>
    public override string Name { get; }

    /// <inheritdoc/>
    /// <value>8 TiB.</value>
    public override long MaxLength => PageBlobLength.BytesMax;

    /// <inheritdoc/>
    /// <value>None.</value>
    public override IReadOnlyCollection<ICoherentFile> FilesBelow => [];

    /// <summary>The lease that requests of this store name.</summary>
    internal string? LeaseId => _lease?.Id;

    private PageBlobFile File => _file ?? throw new InvalidOperationException("the store was not opened");

    /// <inheritdoc/>
    public override async ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var pass = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        return await File.GetLengthAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        using var pass = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        await File.RefreshAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        using var pass = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        return await File.ReadAsync(offset, destination, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>What was written is durable when the call has returned.</remarks>
    public override async ValueTask WriteAsync(
        long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        long count = pieces.Sum(static piece => (long)piece.Length);
        if (count == 0) return;
        CheckLength(count > MaxLength - offset ? long.MaxValue : offset + count);
        await GrowAsync(offset + count, cancellationToken).ConfigureAwait(false);
        using var pass = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        await File.WriteAsync(offset, new GatheredBytes(pieces), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// What was accepted is durable already. After a request that was given up, the service is asked once, so that
    /// nothing is done later.
    /// </remarks>
    public override async ValueTask BarrierAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var pass = await _gate.EnterAsync(cancellationToken).ConfigureAwait(false);
        await File.SettleAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>The length is durable when the call has returned.</remarks>
    public override async ValueTask SetLengthAsync(long length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        CheckLength(length);
        cancellationToken.ThrowIfCancellationRequested();
        using var pass = await _gate.EnterAloneAsync(cancellationToken).ConfigureAwait(false);
        await File.SetLengthAsync(length, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Gives the blob back, so that the next writer need not wait. Blocks until the service answers.</remarks>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_isDisposed)
        {
            _lease?.Dispose();
            _file?.Dispose();
            _gate.Dispose();
        }

        _isDisposed = true;
        base.Dispose(disposing);
    }

    /// <summary>Takes the blob and learns what is in it, or lets go of all that was taken.</summary>
    private async Task<AzurePageBlobStore> BeginAsync(CancellationToken cancellationToken)
    {
        try
        {
            _lease = await BlobLease.AcquireAsync(_clients, Name, Options, cancellationToken).ConfigureAwait(false);
            if (!_clients.AreAsAsked)
                throw new ArgumentException("the client must be made with the options that it is given", "connect");
            var content = new BlobContent(_clients.Asking, Name);
            var blob = new FencedPageBlob(_clients, content, _lease, Name, Options.Rules);
            _file = new PageBlobFile(blob, content);
            await _file.BeginAsync(cancellationToken).ConfigureAwait(false);
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Makes the file so long that it has a place for a write.</summary>
    private async ValueTask GrowAsync(long length, CancellationToken cancellationToken)
    {
        if (await GetLengthAsync(cancellationToken).ConfigureAwait(false) >= length) return;
        using var pass = await _gate.EnterAloneAsync(cancellationToken).ConfigureAwait(false);
        if (await File.GetLengthAsync(cancellationToken).ConfigureAwait(false) >= length) return;
        await File.SetLengthAsync(length, cancellationToken).ConfigureAwait(false);
    }

    private void CheckLength(long length)
    {
        if (length > MaxLength) throw new IOException($"{Name} cannot be longer than {MaxLength} bytes");
    }
}
