namespace Concord.Stores.Http;

/// <summary>What an <see cref="HttpStore"/> asks of its server, and how long it waits for answers.</summary>
public sealed record HttpStoreOptions
{
    private readonly HttpVersionCheck _versionCheck;
    private readonly IReadOnlyDictionary<string, string> _headers = new Dictionary<string, string>();

    /// <summary>The time-out, the retries and their clock.</summary>
    internal RetryRules Rules { get; private init; } = new();

    /// <summary>How versions of the file are told apart; <see cref="HttpVersionCheck.StrongTag"/> by default.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not defined.</exception>
    public HttpVersionCheck VersionCheck
    {
        get => _versionCheck;
        init => _versionCheck = Enum.IsDefined(value) ? value : throw Invalid(value, "one of its values");
    }

    /// <summary>
    /// Headers of every request to the address itself: an authorization, a key. They are not sent to another origin to
    /// which the server redirects. None by default.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public IReadOnlyDictionary<string, string> Headers
    {
        get => _headers;
        init => _headers = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>
    /// How long a server may say nothing, before its first byte or between two pieces of an answer: 30 s by default,
    /// more than zero.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero, negative or more than a day.</exception>
    public TimeSpan AnswerTimeout
    {
        get => Rules.AnswerTimeout;
        init => Rules = value > TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? Rules with { AnswerTimeout = value }
            : throw Invalid(value, "more than zero and at most a day");
    }

    /// <summary>
    /// How often a request is sent again that failed in a way that may pass: no connection, no answer, an answer that
    /// ends early, statuses 408, 429, 500, 502, 503 and 504. From 0 to 100, 5 by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or more than 100.</exception>
    public int RetriesMax
    {
        get => Rules.RetriesMax;
        init => Rules = value is >= 0 and <= 100
            ? Rules with { RetriesMax = value }
            : throw Invalid(value, "from 0 to 100");
    }

    /// <summary>
    /// The longest pause before the first retry; each further one may be twice as long as the one before. The pauses
    /// are drawn at random, from half of that on. 200 ms by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or more than a minute.</exception>
    public TimeSpan RetryDelay
    {
        get => Rules.Delay;
        init => Rules = value >= TimeSpan.Zero && value <= TimeSpan.FromMinutes(1)
            ? Rules with { Delay = value }
            : throw Invalid(value, "from zero to a minute");
    }

    /// <summary>
    /// The longest pause before any retry, 30 s by default. A server that asks for a longer one
    /// (<c>Retry-After</c>) is not asked again.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or more than an hour.</exception>
    public TimeSpan RetryDelayMax
    {
        get => Rules.DelayMax;
        init => Rules = value >= TimeSpan.Zero && value <= TimeSpan.FromHours(1)
            ? Rules with { DelayMax = value }
            : throw Invalid(value, "from zero to an hour");
    }

    /// <summary>The clock of time-outs and pauses; the system's by default.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public TimeProvider TimeProvider
    {
        get => Rules.Clock;
        init => Rules = Rules with { Clock = value ?? throw new ArgumentNullException(nameof(value)) };
    }

    private static ArgumentOutOfRangeException Invalid(object value, string right) =>
        new(nameof(value), value, $"it must be {right}");
}
