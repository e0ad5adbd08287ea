namespace Concord.Measuring;

/// <summary>A condition that a comparison has to meet.</summary>
internal abstract record Demand
{
    /// <summary>The demand in words.</summary>
    public abstract string Text { get; }

    public abstract DemandResult Judge(ComparisonResult result);
}

/// <summary>The result of a demand.</summary>
/// <param name="Demand">The demand.</param>
/// <param name="Verdict">Whether it is met.</param>
/// <param name="Figure">The figure that decided, in words.</param>
internal sealed record DemandResult(Demand Demand, Verdict Verdict, string Figure);

/// <summary>A rival must be this many times as fast as another, by the median of the paired ratios.</summary>
internal sealed record SpeedDemand(string Rival, string Reference, double RatioMin) : Demand
{
    public override string Text => $"{Rival} ≥ {RatioMin:0.00} × {Reference}";

    public override DemandResult Judge(ComparisonResult result)
    {
        Spread speed = result.SpeedOf(Rival, Reference);
        bool isDisturbed = 2 * result.DisturbedRounds(Rival, Reference) > result[Rival].Slices.Count;
        Verdict verdict = isDisturbed ? Verdict.Inconclusive : speed.Median >= RatioMin
            ? Verdict.Reached
            : Verdict.Missed;
        return new DemandResult(this, verdict, $"{speed.Median:0.00} ({speed.P10:0.00}–{speed.P90:0.00})");
    }
}

/// <summary>No page may stay in the cache in any round, whether it was disturbed or not.</summary>
internal sealed record EmptyDemand(string Rival) : Demand
{
    public override string Text => $"{Rival} leaves no page";

    public override DemandResult Judge(ComparisonResult result)
    {
        long left = result[Rival].WorstLeft!.Value.Found;
        return new DemandResult(this, left == 0 ? Verdict.Reached : Verdict.Missed, $"{left} left");
    }
}

/// <summary>In every round, the pages that a rival reports as left are those that the kernel still has.</summary>
internal sealed record TruthDemand(string Rival) : Demand
{
    public override string Text => $"{Rival} says what stayed";

    public override DemandResult Judge(ComparisonResult result)
    {
        int wrong = result[Rival].Slices.Count(slice => slice.Slice.Left is not { IsTrue: true });
        return new DemandResult(this, wrong == 0 ? Verdict.Reached : Verdict.Missed,
            wrong == 0 ? "always true" : $"wrong in {wrong} rounds");
    }
}
