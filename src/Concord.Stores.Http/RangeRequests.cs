using System.Net;
using System.Net.Http.Headers;

namespace Concord.Stores.Http;

/// <summary>Sends requests for ranges of one address, and follows where the server redirects them.</summary>
internal sealed class RangeRequests
{
    private const int RedirectsMax = 10;

    /// <summary>Headers that the store sets itself.</summary>
    private static readonly string[] Own = ["Range", "If-Match", "If-Unmodified-Since", "Accept-Encoding", "Host"];

    private readonly HttpClient _client;
    private readonly RemoteAddress _address;
    private readonly HttpStoreOptions _options;

    /// <exception cref="ArgumentException">A header is one that the store sets itself, or cannot be sent.</exception>
    internal RangeRequests(HttpClient client, RemoteAddress address, HttpStoreOptions options)
    {
        _client = client;
        _address = address;
        _options = options;
        foreach (string name in options.Headers.Keys)
        {
            if (!Own.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            throw new ArgumentException($"the store sets the header {name} itself; leave it out", nameof(options));
        }

        using var trial = Make(address.Target, new RangeHeaderValue(0, 0), version: null);
    }

    /// <summary>Asks for a range, of a version if one is given.</summary>
    /// <returns>The final answer, its headers read and its body not.</returns>
    /// <exception cref="IOException">The server redirects to nowhere.</exception>
    /// <exception cref="HttpRequestException">The request failed.</exception>
    /// <exception cref="OperationCanceledException">The deadline is over.</exception>
    internal async Task<HttpResponseMessage> SendAsync(
        RangeHeaderValue range, RemoteVersion? version, Deadline deadline)
    {
        var target = _address.Target;
        for (int redirects = 0; ; redirects++)
        {
            using var request = Make(target, range, version);
            var answer = await _client.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, deadline.Token).ConfigureAwait(false);
            deadline.Extend();
            if (!IsRedirect(answer)) return answer;
            using (answer) target = Next(target, answer.Headers.Location, redirects);
        }
    }

    private static bool IsRedirect(HttpResponseMessage answer) => answer.StatusCode
        is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther
            or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    private Uri Next(Uri from, Uri? location, int redirects)
    {
        if (location is null)
            throw new IOException($"{_address.Shown}: the server redirects, and does not say where to");
        var next = new Uri(from, location);
        if (!RemoteAddress.MayFollow(from, next))
            throw new IOException($"{_address.Shown}: the server redirects to an address that is not safe to follow");
        return redirects < RedirectsMax
            ? next
            : throw new IOException($"{_address.Shown}: the server redirects more than {RedirectsMax} times");
    }

    private HttpRequestMessage Make(Uri target, RangeHeaderValue range, RemoteVersion? version)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, target)
        {
            Version = _client.DefaultRequestVersion,
            VersionPolicy = _client.DefaultVersionPolicy,
        };
        var headers = request.Headers;
        headers.Range = range;
        headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        if (_options.VersionCheck == HttpVersionCheck.StrongTag && version?.Tag is { } tag) headers.IfMatch.Add(tag);
        if (_options.VersionCheck == HttpVersionCheck.LastModified) headers.IfUnmodifiedSince = version?.LastModified;
        if (!_address.IsSameOrigin(target)) return request;
        foreach (var (name, value) in _options.Headers)
        {
            if (!headers.TryAddWithoutValidation(name, value) || value.AsSpan().ContainsAny('\r', '\n', '\0'))
                throw new ArgumentException($"the header {name} cannot be sent with a request", "options");
        }

        if (_address.Authorization is { } authorization && headers.Authorization is null)
            headers.TryAddWithoutValidation("Authorization", authorization);
        return request;
    }
}
