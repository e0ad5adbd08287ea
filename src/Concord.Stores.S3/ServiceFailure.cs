using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;

namespace Concord.Stores.S3;

/// <summary>
/// What a failed request was, without the words of the service: they may repeat what was sent to it, keys and tokens
/// too.
/// </summary>
internal static class ServiceFailure
{
    private const int CodeLengthMax = 64;

    /// <summary>
    /// Whether an exception is one of a request, and not of this package: whatever a client, its credentials and its
    /// readers of answers throw.
    /// </summary>
    internal static bool Is(Exception error) => error is not (IOException or ObjectDisposedException);

    /// <summary>An exception for the store's caller.</summary>
    /// <param name="name">The store's name.</param>
    /// <param name="error">What a request threw, after the client has tried it again.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    internal static IOException Explain(string name, Exception error, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return error switch
        {
            AmazonServiceException { StatusCode: HttpStatusCode.NotFound } =>
                new FileNotFoundException($"{name}: there is no such object (404)"),
            AmazonServiceException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } refused =>
                new IOException(
                    $"{name}: the service refuses access ({Code(refused)}); see S3StoreOptions.Credentials"),
            AmazonServiceException { StatusCode: not 0 } answered =>
                new IOException($"{name}: the service answered {Code(answered)}"),
            OperationCanceledException or TimeoutException =>
                new IOException($"{name}: the service did not answer in time", error),
            _ => new IOException($"{name}: the request failed: {Shown(error)}"),
        };
    }

    private static string Code(AmazonServiceException error)
    {
        bool isWord = error.ErrorCode is { Length: > 0 and <= CodeLengthMax } code
            && code.All(char.IsAsciiLetterOrDigit);
        return $"{(int)error.StatusCode} {(isWord ? error.ErrorCode : error.StatusCode.ToString())}";
    }

    /// <summary>The system's words about a connection, and the client's own; of all else, what kind it is.</summary>
    private static string Shown(Exception error) =>
        Innermost(error) is SocketException or HttpRequestException or IOException or AmazonClientException
            ? Innermost(error).Message
            : error.GetType().Name;

    private static Exception Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error;
}
