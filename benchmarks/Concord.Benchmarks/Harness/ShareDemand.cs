namespace Concord.Benchmarks.Harness;

/// <summary>
/// Something is at most such a share of what it serves, by the median of what was found. Not a time, so that no
/// disturbance excuses it.
/// </summary>
/// <param name="What">What is shared, in words.</param>
/// <param name="Found">
/// The shares that were found, in the order of the rounds, with those of rounds that were not measured.
/// </param>
/// <param name="ShareMax">The most it may be.</param>
/// <param name="Words">What the figure is made of.</param>
internal sealed record ShareDemand(string What, IReadOnlyList<double> Found, double ShareMax, Func<string> Words)
    : Demand
{
    public override string Text => $"{What} ≤ {ShareMax:0.0%}";

    public override DemandResult Judge(ComparisonResult result)
    {
        double share = Statistics.SpreadOf(Found).Median;
        return new DemandResult(this, share <= ShareMax ? Verdict.Reached : Verdict.Missed,
            $"{share:0.00%} ({Words()})");
    }
}
