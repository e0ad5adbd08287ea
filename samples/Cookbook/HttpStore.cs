using System.Net;
using System.Net.Http.Headers;
using Concord;

namespace Cookbook;

/// <summary>
/// A store that reads what a server has, in parts. The cache asks for each part once, for as many readers as there are.
/// </summary>
public sealed class HttpStore(HttpClient client, Uri address) : BackingStore
{
    private long? _length;

    public override object Identity => address;

    public override string Name => address.ToString();

    public override bool CanWrite => false;

    public override async ValueTask<long> GetLengthAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_length is { } known) return known;
        using var request = new HttpRequestMessage(HttpMethod.Head, address);
        using var response = await client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        _length = response.EnsureSuccessStatusCode().Content.Headers.ContentLength;
        return _length ?? throw new IOException($"{address} does not say how long it is");
    }

    public override async ValueTask<int> ReadAsync(
        long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        long length = await GetLengthAsync(cancellationToken).ConfigureAwait(false);
        int count = (int)Math.Clamp(length - offset, 0, destination.Length);
        if (count == 0) return 0;
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = new RangeHeaderValue(offset, offset + count - 1);
        using var response = await client
            .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode != HttpStatusCode.PartialContent)
            throw new IOException($"{address} answers {response.StatusCode}, and not with a part");
        using var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await body.ReadExactlyAsync(destination[..count], cancellationToken).ConfigureAwait(false);
        return count;
    }

    // Forgets the length: the file on the server may be another one by now.
    public override void Refresh() => _length = null;

    public override void Barrier()
    {
        // Nothing was written.
    }
}
