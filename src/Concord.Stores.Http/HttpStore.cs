using System.Net;

namespace Concord.Stores.Http;

/// <summary>
/// A file behind an address of HTTP or HTTPS, read in ranges: as long as the server has the same version of it, the
/// store shows that one; then no other. It cannot be written.
/// </summary>
/// <remarks>
/// <para>
/// The version is that of the moment when the store was opened, or refreshed last: <c>FlushAndPurge</c> of a file of
/// a cache refreshes its store. A read of a file that has changed since then throws
/// <see cref="StoreChangedException"/>, which names both versions; bytes of two versions are never mixed in a read. A
/// purge of a part of a file goes on with the new version too, and leaves pages of the old one outside that part.
/// </para>
/// <para>
/// A store of its own client follows redirects itself, and sends what is secret
/// (<see cref="HttpStoreOptions.Headers"/>, user and password of the address) to the address' own origin only. The
/// query of an address, its user and its password are in no message. A client of the caller is used as it is, with its
/// handlers, proxies and time-out.
/// </para>
/// <para>All members may be called by several threads at once.</para>
/// </remarks>
public sealed class HttpStore : BackingStore
{
    private readonly HttpClient? _ownClient;
    private readonly RemoteAddress _address;
    private readonly RemoteFile _file;
    private readonly ShownVersion<RemoteVersion> _shown = new();

    private HttpStore(Uri address, HttpStoreOptions? options, HttpClient? client)
    {
        _address = new RemoteAddress(address);
        options ??= new HttpStoreOptions();
        Options = options;
        if (client is null) client = _ownClient = MakeClient(options);
        _file = new RemoteFile(new RangeRequests(client, _address, options), _address.Shown, options);
    }

    /// <summary>Opens the file behind an address. Blocks until the server has answered.</summary>
    /// <param name="address">An absolute address that begins with <c>http://</c> or <c>https://</c>.</param>
    /// <param name="options">How to ask; null for the defaults.</param>
    /// <param name="client">The client to ask with; stays the caller's. Null for one of the store's own.</param>
    /// <returns>The store; the caller disposes it, or the cache that it is opened in.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="address"/> is null.</exception>
    /// <exception cref="ArgumentException">The address or a header is impossible.</exception>
    /// <exception cref="FileNotFoundException">The server has no such file.</exception>
    /// <exception cref="IOException">
    /// The server does not answer, refuses access, has no ranges, or does not tell versions apart in the way that the
    /// options want; the message says what to do.
    /// </exception>
    public static HttpStore Open(Uri address, HttpStoreOptions? options = null, HttpClient? client = null) =>
        FirstRefresh.Of(new HttpStore(address, options, client));

    /// <summary>Opens the file behind an address, as <see cref="Open"/> does, without blocking the caller.</summary>
    /// <param name="address">An absolute address that begins with <c>http://</c> or <c>https://</c>.</param>
    /// <param name="options">How to ask; null for the defaults.</param>
    /// <param name="client">The client to ask with; stays the caller's. Null for one of the store's own.</param>
    /// <param name="cancellationToken">Stops waiting; nothing is open then.</param>
    /// <returns>The store; the caller disposes it, or the cache that it is opened in.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="address"/> is null.</exception>
    /// <exception cref="ArgumentException">The address or a header is impossible.</exception>
    /// <exception cref="FileNotFoundException">The server has no such file.</exception>
    /// <exception cref="IOException">As <see cref="Open"/>.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public static async Task<HttpStore> OpenAsync(
        Uri address, HttpStoreOptions? options = null, HttpClient? client = null,
        CancellationToken cancellationToken = default)
    {
        var store = new HttpStore(address, options, client);
        return await FirstRefresh.OfAsync(store, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How the store asks its server.</summary>
    public HttpStoreOptions Options { get; }

    /// <summary>The version that the store shows, in words: its tag or time, and its length.</summary>
    public string Version => _shown.Now.Describe(Options.VersionCheck);

    /// <inheritdoc/>
    /// <value>The address; that of two stores with the same address is equal.</value>
    public override object Identity => (typeof(HttpStore), _address.Target);

    /// <inheritdoc/>
    /// <value>The address without user, password and query.</value>
    public override string Name => _address.Shown;

    /// <inheritdoc/>
    /// <value>False.</value>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    /// <value>None.</value>
    public override IReadOnlyCollection<ICoherentFile> FilesBelow => [];

    /// <inheritdoc/>
    /// <value>
    /// The address (without user and password, with its query) and the version; null unless versions are told apart by
    /// strong tags.
    /// </value>
    public override string? ContentKey => Options.VersionCheck == HttpVersionCheck.StrongTag
        ? $"HTTP {_address.Target.AbsoluteUri} {Version}"
        : null;

    /// <inheritdoc/>
    /// <remarks>Does not block: the length is that of the version that the store shows.</remarks>
    public override ValueTask<long> GetLengthAsync(CancellationToken cancellationToken) =>
        _shown.GetLengthAsync(cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Asks the server which version it has; reads that begin later are of that one.</remarks>
    public override ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return _shown.RefreshAsync(_file.FindVersionAsync, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="StoreChangedException">The server has another version than the store shows.</exception>
    public override ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        _shown.ReadAsync(offset, destination, _file.ReadAsync, cancellationToken);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        if (disposing) _ownClient?.Dispose();
        base.Dispose(disposing);
    }

    private bool IsDisposed { get; set; }

    private static HttpClient MakeClient(HttpStoreOptions options) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = options.AnswerTimeout,
        EnableMultipleHttp2Connections = true,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
}
