namespace Concord.Tests.Processor;

/// <summary>
/// What loads of lines took after a flush, against what a hit takes. The rule: at least twice as slow, for 99 of 100
/// lines. A disturbance can only make a single load slower, and a hit is judged by the median.
/// </summary>
internal sealed class Reloads
{
    private const double SlowerMin = 2, ShareMin = 0.99;

    private readonly List<double> _hits = [];
    private readonly List<double> _reloads = [];

    public int Count => _reloads.Count;

    public void Add(double hit, double reload)
    {
        _hits.Add(hit);
        _reloads.Add(reload);
    }

    public double Hit => Median(_hits);

    /// <summary>The share of reloads that were at least twice as slow as a hit.</summary>
    public double SlowShare
    {
        get
        {
            double limit = SlowerMin * Hit;
            return _reloads.Count(r => r >= limit) / (double)_reloads.Count;
        }
    }

    public bool AreSlow => SlowShare >= ShareMin;

    public override string ToString() =>
        $"{Count} lines: hit {Hit:f0} ticks, reload {Median(_reloads):f0}, {SlowShare:p2} at least twice as slow";

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
