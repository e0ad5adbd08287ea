namespace Concord.Stores;

/// <summary>
/// The time that the server has for its next byte, together with the caller's cancellation.
/// </summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationTokenRegistration _caller;
    private readonly CancellationToken _callersToken;
    private readonly TimeSpan _timeout;

    internal Deadline(RetryRules rules, CancellationToken cancellationToken)
    {
        _timeout = rules.AnswerTimeout;
        _callersToken = cancellationToken;
        _source = new CancellationTokenSource(_timeout, rules.Clock);
        _caller = cancellationToken.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    internal CancellationToken Token => _source.Token;

    /// <summary>Something came: the time begins anew.</summary>
    internal void Extend() => _source.CancelAfter(_timeout);

    /// <summary>What a failed request was: the caller's cancellation, or a failure that may pass.</summary>
    /// <param name="name">The store's name.</param>
    /// <param name="error">What a request threw.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    internal PassingFailure Explain(string name, Exception error)
    {
        _callersToken.ThrowIfCancellationRequested();
        return error is OperationCanceledException
            ? new PassingFailure($"{name}: the server said nothing for {_timeout.TotalSeconds:0.###} s", cause: error)
            : new PassingFailure($"{name}: the request failed: {error.Message}", cause: error);
    }

    public void Dispose()
    {
        _caller.Dispose();
        _source.Dispose();
    }
}
