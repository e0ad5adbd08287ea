using System.Numerics;

namespace Concord.Tests.Caching.Views;

/// <summary>Latencies by size, each to a sixteenth; one thread adds.</summary>
internal sealed class LatencyHistogram
{
    private const int StepsPerDouble = 16;

    private readonly long[] _counts = new long[64 * StepsPerDouble];
    private long _total;

    internal void Add(long nanoseconds)
    {
        _counts[SlotOf(nanoseconds)]++;
        _total++;
    }

    /// <summary>The latency that so many of a hundred do not exceed, in microseconds.</summary>
    internal double Percentile(double percent)
    {
        long rest = (long)Math.Ceiling(_total * percent / 100);
        for (int slot = 0; slot < _counts.Length; slot++)
        {
            rest -= _counts[slot];
            if (rest <= 0) return Math.Pow(2, (slot + 1.0) / StepsPerDouble) / 1000;
        }

        throw new InvalidOperationException("the counts do not add up");
    }

    private static int SlotOf(long nanoseconds)
    {
        int whole = BitOperations.Log2((ulong)Math.Max(1, nanoseconds));
        return (int)Math.Min((whole * StepsPerDouble)
            + (StepsPerDouble * (Math.Log2(Math.Max(1, nanoseconds)) - whole)), (64 * StepsPerDouble) - 1);
    }
}
