using System.Net;
using System.Net.Http.Headers;

namespace Concord.Stores.Http;

/// <summary>What a server's answer means: which version and which bytes it shows, or what is wrong with it.</summary>
internal static class RangeAnswer
{
    /// <summary>Whether the answer says that the version that was asked for is not there any more.</summary>
    internal static bool IsOfOtherVersion(HttpResponseMessage answer) =>
        answer.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.RequestedRangeNotSatisfiable;

    /// <summary>
    /// Whether the answer says that the file has no bytes. Such a file has no range that could be answered: some
    /// servers say so (416), others (nginx) send the whole of it.
    /// </summary>
    internal static bool IsOfEmptyFile(HttpResponseMessage answer) => answer.StatusCode switch
    {
        HttpStatusCode.RequestedRangeNotSatisfiable =>
            answer.Content.Headers.ContentRange is { Unit: "bytes", HasLength: true, Length: 0 },
        HttpStatusCode.OK => answer.Content.Headers.ContentLength == 0,
        _ => false,
    };

    /// <summary>The version that an answer shows.</summary>
    internal static RemoteVersion VersionOf(HttpResponseMessage answer) => new(
        answer.Content.Headers.ContentRange?.Length ?? 0,
        answer.Headers.ETag is { IsWeak: false } tag ? tag : null,
        answer.Content.Headers.LastModified);

    /// <summary>Checks that an answer carries a part of the file as it is.</summary>
    /// <param name="name">The store's name.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="clock">What a date that the server names is compared with.</param>
    /// <param name="first">The first byte that was asked for.</param>
    /// <param name="last">The last byte that was asked for.</param>
    /// <returns>How many bytes it carries, from the first on; at least one.</returns>
    /// <exception cref="PassingFailure">The server cannot answer now.</exception>
    /// <exception cref="IOException">It carries something else.</exception>
    internal static int CheckPart(string name, HttpResponseMessage answer, TimeProvider clock, long first, long last)
    {
        ThrowIfNoPart(name, answer, clock);
        var content = answer.Content.Headers;
        if (content.ContentEncoding.Any(static it => !it.Equals("identity", StringComparison.OrdinalIgnoreCase)))
        {
            throw new IOException($"{name}: the server sends the file compressed, although it was asked for as it is: "
                + "parts of it mean nothing then");
        }

        return CarriedPart.Check(name, content.ContentRange, content.ContentLength, first, last);
    }

    /// <summary>The pause that a server asks for, or null.</summary>
    internal static TimeSpan? PauseOf(RetryConditionHeaderValue? header, DateTimeOffset now) => header switch
    {
        { Delta: { } pause } => pause,
        { Date: { } then } => then > now ? then - now : TimeSpan.Zero,
        _ => null,
    };

    private static void ThrowIfNoPart(string name, HttpResponseMessage answer, TimeProvider clock)
    {
        int code = (int)answer.StatusCode;
        switch (answer.StatusCode)
        {
            case HttpStatusCode.PartialContent:
                return;
            case HttpStatusCode.OK:
                throw new IOException($"{name}: the server answers with the whole file where a part was asked for: it "
                    + "has no ranges, and cannot be read at random; download the file, and open that");
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                throw new FileNotFoundException($"{name}: the server has no such file ({code})");
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.ProxyAuthenticationRequired:
                throw new IOException($"{name}: the server refuses access ({code} {answer.StatusCode}); see "
                    + "HttpStoreOptions.Headers");
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError
                or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout:
                throw new PassingFailure($"{name}: the server answered {code} ({answer.StatusCode})",
                    PauseOf(answer.Headers.RetryAfter, clock.GetUtcNow()));
            default:
                throw new IOException($"{name}: the server answered {code} ({answer.StatusCode})");
        }
    }
}
