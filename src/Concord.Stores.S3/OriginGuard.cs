namespace Concord.Stores.S3;

/// <summary>
/// Refuses to be redirected to another origin, where the client would go with the caller's credentials; between regions
/// of Amazon's it may.
/// </summary>
internal sealed class OriginGuard(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const string Amazon = ".amazonaws.com";

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (answer.Headers.Location is not { } location || IsSafe(request.RequestUri!, location)) return answer;
        answer.Dispose();
        throw new HttpRequestException("the service redirects to another origin, which is not safe to follow");
    }

    private static bool IsSafe(Uri from, Uri location)
    {
        var to = new Uri(from, location);
        return Uri.Compare(
            from, to, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0
            || (IsAmazon(from) && IsAmazon(to) && to.Scheme == Uri.UriSchemeHttps);
    }

    private static bool IsAmazon(Uri address) =>
        address.Host.EndsWith(Amazon, StringComparison.OrdinalIgnoreCase)
        || address.Host.EndsWith(Amazon + ".cn", StringComparison.OrdinalIgnoreCase);
}
