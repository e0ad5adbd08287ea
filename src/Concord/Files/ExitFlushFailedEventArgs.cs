namespace Concord;

/// <summary>What a cache could not write before its process ended.</summary>
public sealed class ExitFlushFailedEventArgs : EventArgs
{
    internal ExitFlushFailedEventArgs(IReadOnlyList<ExitFlushFailure> failures) => Failures = failures;

    /// <summary>The files, at least one.</summary>
    public IReadOnlyList<ExitFlushFailure> Failures { get; }
}
