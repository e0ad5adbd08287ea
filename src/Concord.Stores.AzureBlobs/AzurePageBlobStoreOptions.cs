namespace Concord.Stores.AzureBlobs;

/// <summary>How an <see cref="AzurePageBlobStore"/> keeps other writers away, and how long it waits.</summary>
public sealed record AzurePageBlobStoreOptions
{
    private static readonly TimeSpan LeaseMin = TimeSpan.FromSeconds(15), LeaseMax = TimeSpan.FromSeconds(60);

    private readonly TimeSpan _leaseDuration = LeaseMax;

    /// <summary>
    /// How long the blob stays reserved when this process dies: 60 s by default, from 15 s to 60 s, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> for until somebody breaks the lease. It is renewed all the time.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of these.</exception>
    public TimeSpan LeaseDuration
    {
        get => _leaseDuration;
        init => _leaseDuration = value == Timeout.InfiniteTimeSpan || (value >= LeaseMin && value <= LeaseMax)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "it must be from 15 to 60 s, or infinite");
    }

    /// <summary>
    /// Whether the store takes the blob from another writer, whose requests are refused from then on. False by default:
    /// a blob that has a writer is not opened.
    /// </summary>
    public bool TakesOver { get; init; }

    /// <summary>How long the service may take for a request that writes: 30 s by default, more than zero.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is zero, negative or more than a day.</exception>
    public TimeSpan AnswerTimeout
    {
        get => Rules.AnswerTimeout;
        init => Rules = value > TimeSpan.Zero && value <= TimeSpan.FromDays(1)
            ? Rules with { AnswerTimeout = value }
            : throw new ArgumentOutOfRangeException(nameof(value), value, "it must be more than zero, at most a day");
    }

    /// <summary>
    /// How often a request that writes is sent again after a failure that may pass. From 0 to 100, 5 by default.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative or more than 100.</exception>
    public int RetriesMax
    {
        get => Rules.RetriesMax;
        init => Rules = value is >= 0 and <= 100
            ? Rules with { RetriesMax = value }
            : throw new ArgumentOutOfRangeException(nameof(value), value, "it must be from 0 to 100");
    }

    /// <summary>The clock of the lease's renewals and of pauses; the system's by default.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public TimeProvider TimeProvider
    {
        get => Rules.Clock;
        init => Rules = Rules with { Clock = value ?? throw new ArgumentNullException(nameof(value)) };
    }

    /// <summary>When requests that write are sent again.</summary>
    internal RetryRules Rules { get; init; } = new();
}
