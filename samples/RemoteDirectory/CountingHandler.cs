namespace RemoteDirectory;

/// <summary>Counts the requests of a client, and the bytes of the answers.</summary>
internal sealed class CountingHandler() : DelegatingHandler(new SocketsHttpHandler())
{
    private int _requests;
    private long _bytes;

    internal int Requests => Volatile.Read(ref _requests);

    internal long Bytes => Volatile.Read(ref _bytes);

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        var answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        Interlocked.Add(ref _bytes, answer.Content.Headers.ContentLength ?? 0);
        return answer;
    }
}
