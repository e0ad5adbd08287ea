namespace Concord.Stores;

/// <summary>How long a server may say nothing, and how often it is asked again.</summary>
internal sealed record RetryRules
{
    /// <summary>How long it may say nothing, before its first byte or between two pieces of an answer.</summary>
    internal TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a request is sent again that failed in a way that may pass.</summary>
    internal int RetriesMax { get; init; } = 5;

    /// <summary>The longest pause before the first retry; each further one may be twice as long.</summary>
    internal TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause before any retry.</summary>
    internal TimeSpan DelayMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The clock of time-outs and pauses.</summary>
    internal TimeProvider Clock { get; init; } = TimeProvider.System;
}
