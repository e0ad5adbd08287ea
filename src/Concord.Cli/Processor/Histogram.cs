namespace Concord.Cli.Processor;

/// <summary>The distribution of samples, in buckets that double.</summary>
internal static class Histogram
{
    private const int Buckets = 14;

    /// <summary>Buckets from 0.5 ns on, without empty ones at both ends.</summary>
    internal static IReadOnlyList<HistogramBucket> Of(double[] hot, double[] cold)
    {
        var hotCounts = Count(hot);
        var coldCounts = Count(cold);
        int first = 0;
        int last = Buckets - 1;
        while (first < last && hotCounts[first] + coldCounts[first] == 0) first++;
        while (last > first && hotCounts[last] + coldCounts[last] == 0) last--;

        var buckets = new HistogramBucket[last - first + 1];
        for (int i = first; i <= last; i++)
        {
            buckets[i - first] = new HistogramBucket(
                Math.ScaleB(1, i - 1), Math.ScaleB(1, i), hotCounts[i], coldCounts[i]);
        }

        return buckets;
    }

    private static int[] Count(double[] samples)
    {
        var counts = new int[Buckets];
        foreach (double sample in samples)
        {
            int bucket = sample <= 0 ? 0 : (int)Math.Floor(Math.Log2(sample)) + 1;
            counts[Math.Clamp(bucket, 0, Buckets - 1)]++;
        }

        return counts;
    }
}
