using Concord.Scheduling;

namespace Concord.Memory;

/// <summary>One load in flight: the pages it fills, the purge epoch it began in, and how it ended.</summary>
internal sealed class PageLoad(ulong pages, long epoch)
{
    internal ulong Pages { get; } = pages;

    /// <summary>A load whose epoch is over when it ends must not publish what it read: it may be older than a purge.</summary>
    internal long Epoch { get; } = epoch;

    /// <summary>Whether the bytes are assembled outside the section, since views would show a page half filled.</summary>
    internal bool IsStaged { get; init; }

    /// <summary>Set when the load has ended, in whatever way.</summary>
    internal Signal Ended { get; } = new();

    /// <summary>Why the load failed; who waited for it fails with the same error.</summary>
    internal Exception? Error { get; set; }
}
