namespace Concord.Caching;

/// <summary>How <see cref="TwoQueues"/> divide their room and which pages may move into the main part.</summary>
/// <param name="ProbationShare">Which share of the capacity new pages have to themselves.</param>
/// <param name="Promotion">What a page has to beat the main part's oldest by.</param>
internal readonly record struct QueueSettings(double ProbationShare, Promotion Promotion);

/// <summary>
/// What a page that was used again has to beat the main part's oldest page by, to take its place.
/// </summary>
internal enum Promotion
{
    /// <summary>Nothing: it moves in.</summary>
    Always,

    /// <summary>Its use before was later than that page's last one (as LIRS asks): loops and scans stay out.</summary>
    ByRecency,

    /// <summary>It was used more often lately (as W-TinyLFU asks): what is popular stays.</summary>
    ByFrequency,
}
