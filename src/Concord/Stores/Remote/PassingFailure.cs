namespace Concord.Stores;

/// <summary>A failure that may pass: the same request is sent again after a pause.</summary>
/// <param name="message">What happened.</param>
/// <param name="retryAfter">The pause that the server asked for, if it did.</param>
/// <param name="cause">What it came from.</param>
internal sealed class PassingFailure(string message, TimeSpan? retryAfter = null, Exception? cause = null)
    : IOException(message, cause)
{
    internal TimeSpan? RetryAfter { get; } = retryAfter;
}
