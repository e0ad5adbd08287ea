namespace Concord.Measuring;

/// <summary>A slice that counts.</summary>
/// <param name="Slice">What was measured.</param>
/// <param name="IsDisturbed">Whether every attempt at it was disturbed.</param>
/// <param name="DisturbedAttempts">How many attempts were.</param>
internal readonly record struct MeasuredSlice(Slice Slice, bool IsDisturbed, int DisturbedAttempts);

/// <summary>One rival's slices, in the order of the rounds.</summary>
internal sealed record RivalResult(string Name, IReadOnlyList<MeasuredSlice> Slices)
{
    public double[] Nanoseconds => [.. Slices.Select(slice => slice.Slice.Nanoseconds)];

    public Spread Time => Statistics.SpreadOf(Nanoseconds);

    public int DisturbedSlices => Slices.Count(slice => slice.IsDisturbed);

    /// <summary>
    /// The pages that stayed in the cache, in the round with most of them; null if the rival empties nothing.
    /// </summary>
    public PagesLeft? WorstLeft => Slices.Select(slice => slice.Slice.Left).MaxBy(left => left?.Found ?? -1);
}

/// <summary>The result of a comparison.</summary>
internal sealed record ComparisonResult(Comparison Comparison, IReadOnlyList<RivalResult> Rivals)
{
    public RivalResult this[string name] => Rivals.Single(rival => rival.Name == name);

    /// <summary>How many times as fast a rival was as another: median and spread of the paired ratios.</summary>
    public Spread SpeedOf(string rival, string reference) =>
        Statistics.SpreadOf(Statistics.PairedSpeeds(this[rival].Nanoseconds, this[reference].Nanoseconds));

    /// <summary>In how many rounds one of the named rivals had no undisturbed slice.</summary>
    public int DisturbedRounds(params string[] names) =>
        Enumerable.Range(0, Rivals[0].Slices.Count)
            .Count(round => names.Any(name => this[name].Slices[round].IsDisturbed));

    public IEnumerable<DemandResult> DemandResults => Comparison.Demands.Select(demand => demand.Judge(this));
}
