namespace Concord.Tests.Caching.Streams;

/// <summary>One call on a stream, which can be made on two streams and compared.</summary>
/// <param name="Text">The call as a message shows it.</param>
/// <param name="Make">Makes it; the answer is what it returned, bytes included.</param>
internal sealed record StreamCall(string Text, Func<Stream, object?> Make)
{
    /// <summary>
    /// What the call did to a stream: its answer or the type of its exception, and the state after it.
    /// </summary>
    internal string On(Stream stream) =>
        $"{Outcome(() => Make(stream))}, position {Outcome(() => stream.Position)}, length "
            + $"{Outcome(() => stream.Length)}";

    internal static string Outcome(Func<object?> call)
    {
        try
        {
            return call() switch
            {
                null => "done",
                byte[] bytes => $"{bytes.Length} bytes "
                    + $"{Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(bytes), 0, 8)}",
                var value => $"{value}",
            };
        }
        catch (OperationCanceledException)
        {
            // A file stream throws the one or the type derived from it, by the size of its buffer.
            return nameof(OperationCanceledException);
        }
        catch (Exception error)
        {
            // What was thrown is the outcome.
            return error.GetType().Name;
        }
    }
}
