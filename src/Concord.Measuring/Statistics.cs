namespace Concord.Measuring;

/// <summary>Statistics of measurements.</summary>
internal static class Statistics
{
    /// <summary>Median, 10th and 90th percentile.</summary>
    public static Spread SpreadOf(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new Spread(Percentile(sorted, 0.5), Percentile(sorted, 0.1), Percentile(sorted, 0.9));
    }

    /// <summary>
    /// How many times as fast one rival was as another, round by round: both times of a ratio are of the same round, so
    /// that the influence of other work of the machine cancels out.
    /// </summary>
    public static double[] PairedSpeeds(IReadOnlyList<double> nanoseconds, IReadOnlyList<double> referenceNanoseconds)
    {
        if (nanoseconds.Count != referenceNanoseconds.Count)
            throw new ArgumentException($"{nanoseconds.Count} rounds cannot be paired with "
                + $"{referenceNanoseconds.Count}", nameof(referenceNanoseconds));
        return [.. nanoseconds.Zip(referenceNanoseconds, (own, reference) => reference / own)];
    }

    /// <summary>The value below which a share of the sorted values lies, interpolated between neighbours.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double share)
    {
        if (sorted.Count == 0) throw new ArgumentException("no values, no percentile", nameof(sorted));
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);

        double place = share * (sorted.Count - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
    }
}
