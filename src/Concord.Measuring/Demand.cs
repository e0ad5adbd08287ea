namespace Concord.Measuring;

/// <summary>Something a comparison has to show.</summary>
internal abstract record Demand
{
    /// <summary>The demand in words.</summary>
    public abstract string Text { get; }

    public abstract DemandResult Judge(ComparisonResult result);
}

/// <summary>How a demand came out.</summary>
/// <param name="Demand">What was demanded.</param>
/// <param name="Verdict">Whether it is so.</param>
/// <param name="Figure">The figure that decided, in words.</param>
internal sealed record DemandResult(Demand Demand, Verdict Verdict, string Figure);

/// <summary>A rival is so many times as fast as another, by the median of the paired ratios.</summary>
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

/// <summary>No page stayed in the cache, in any round. No disturbance excuses one that did.</summary>
internal sealed record EmptyDemand(string Rival) : Demand
{
    public override string Text => $"{Rival} leaves no page";

    public override DemandResult Judge(ComparisonResult result)
    {
        long left = result[Rival].WorstLeft!.Value.Found;
        return new DemandResult(this, left == 0 ? Verdict.Reached : Verdict.Missed, $"{left} left");
    }
}

/// <summary>What a rival said it had left is what the kernel still had, in every round.</summary>
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
