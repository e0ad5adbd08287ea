namespace Concord.Benchmarks.Harness;

/// <summary>
/// An operation takes no longer than so much. Only for what takes many times less than it may, and where no peer does
/// the same: absolute times move with the machine's other work.
/// </summary>
internal sealed record TimeDemand(string Rival, double NanosecondsMax) : Demand
{
    public override string Text => $"{Rival} ≤ {Sizes.Time(NanosecondsMax)}";

    public override DemandResult Judge(ComparisonResult result)
    {
        Spread time = result[Rival].Time;
        bool isDisturbed = 2 * result.DisturbedRounds(Rival) > result[Rival].Slices.Count;
        Verdict verdict = time.Median <= NanosecondsMax ? Verdict.Reached : isDisturbed
            ? Verdict.Inconclusive
            : Verdict.Missed;
        return new DemandResult(
            this, verdict, $"{Sizes.Time(time.Median)} ({Sizes.Time(time.P10)}–{Sizes.Time(time.P90)})");
    }
}
