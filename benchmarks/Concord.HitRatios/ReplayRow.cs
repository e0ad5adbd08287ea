namespace Concord.HitRatios;

/// <summary>What one trace cost at one size.</summary>
/// <param name="Trace">The trace.</param>
/// <param name="Requests">How many requests it has.</param>
/// <param name="Capacity">Pages that fit.</param>
/// <param name="Optimum">The lowest miss ratio that is possible.</param>
/// <param name="Ratios">The miss ratio of each policy, in their order.</param>
internal sealed record ReplayRow(string Trace, int Requests, int Capacity, double Optimum, IReadOnlyList<double> Ratios)
{
    private const int StrictCapacity = 64, StrictRequests = 50_000;

    /// <summary>How much more than the best of the others may be missed: less where chance says less.</summary>
    internal double Allowed => Capacity >= StrictCapacity && Requests >= StrictRequests ? 0.01 : 0.03;
}
