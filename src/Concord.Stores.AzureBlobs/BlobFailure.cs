using System.Net.Sockets;
using Azure;

namespace Concord.Stores.AzureBlobs;

/// <summary>
/// What a failed request was, without the words of the service: they may repeat what was sent to it, signatures and
/// tokens too.
/// </summary>
internal static class BlobFailure
{
    private const int CodeLengthMax = 64;

    /// <summary>
    /// Whether an exception is one of a request, and not of this package: whatever a client, its credentials and its
    /// readers of answers throw.
    /// </summary>
    internal static bool Is(Exception error) => error is not (IOException or ObjectDisposedException);

    /// <summary>
    /// The service's status; 0 where it did not answer. A client that has asked several times throws all that it met.
    /// </summary>
    internal static int StatusOf(Exception error) => Answer(error)?.Status ?? 0;

    /// <summary>The service's code, or null.</summary>
    internal static string? CodeOf(Exception error) => Answer(error)?.ErrorCode;

    /// <summary>Whether the same request may do better in a while.</summary>
    internal static bool IsPassing(Exception error) => StatusOf(error) is 0 or 408 or 429 or 500 or 502 or 503 or 504;

    /// <summary>An exception for the store's caller.</summary>
    /// <param name="name">The store's name.</param>
    /// <param name="error">What a request threw.</param>
    /// <param name="cancellationToken">The caller's.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    internal static IOException Explain(string name, Exception error, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return StatusOf(error) switch
        {
            0 => new IOException($"{name}: {Unanswered(error)}"),
            404 => new FileNotFoundException($"{name}: there is no such blob (404)"),
            401 or 403 => new IOException($"{name}: the service refuses access ({Shown(error)})"),
            _ => new IOException($"{name}: the service answered {Shown(error)}"),
        };
    }

    /// <summary>What a request came to that was not answered.</summary>
    private static string Unanswered(Exception error) =>
        Last(error) is OperationCanceledException or TimeoutException
            ? "the service did not answer in time"
            : $"the request failed: {Shown(Innermost(error), Last(error))}";

    /// <summary>The system's words about a connection; of all else, what kind it is.</summary>
    private static string Shown(Exception innermost, Exception error) =>
        innermost is SocketException or HttpRequestException or IOException ? innermost.Message : error.GetType().Name;

    private static string Shown(Exception error)
    {
        string? code = CodeOf(error);
        bool isWord = code is { Length: > 0 and <= CodeLengthMax } && code.All(char.IsAsciiLetterOrDigit);
        return isWord ? $"{StatusOf(error)} {code}" : $"{StatusOf(error)}";
    }

    private static RequestFailedException? Answer(Exception error) =>
        Last(error) is RequestFailedException { Status: > 0 } answer ? answer : null;

    private static Exception Last(Exception error) =>
        error is AggregateException { InnerExceptions: [.., var last] } ? Last(last) : error;

    private static Exception Innermost(Exception error) =>
        Last(error).InnerException is { } inner ? Innermost(inner) : Last(error);
}
