namespace Concord.Benchmarks.Harness;

/// <summary>
/// A rival gains from a second processor as much as a peer does: the share of the peer's own gain, round by round.
/// </summary>
/// <param name="Rival">With one thread.</param>
/// <param name="RivalByTwo">With two.</param>
/// <param name="Peer">The peer with one thread.</param>
/// <param name="PeerByTwo">The peer with two.</param>
/// <param name="ShareMin">The least share.</param>
internal sealed record ScalingDemand(string Rival, string RivalByTwo, string Peer, string PeerByTwo, double ShareMin)
    : Demand
{
    public override string Text => $"{RivalByTwo} / {Rival} ≥ {ShareMin:0.00} × {PeerByTwo} / {Peer}";

    public override DemandResult Judge(ComparisonResult result)
    {
        double[] own = Statistics.PairedSpeeds(result[RivalByTwo].Nanoseconds, result[Rival].Nanoseconds);
        double[] peers = Statistics.PairedSpeeds(result[PeerByTwo].Nanoseconds, result[Peer].Nanoseconds);
        Spread share = Statistics.SpreadOf(own.Zip(peers, (mine, theirs) => mine / theirs));
        bool isDisturbed = 2 * result.DisturbedRounds(Rival, RivalByTwo, Peer, PeerByTwo) > own.Length;
        Verdict verdict = isDisturbed ? Verdict.Inconclusive : share.Median >= ShareMin
            ? Verdict.Reached
            : Verdict.Missed;
        return new DemandResult(this, verdict, $"{share.Median:0.00} ({share.P10:0.00}–{share.P90:0.00})");
    }
}
