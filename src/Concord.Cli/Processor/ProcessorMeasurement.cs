using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Concord.Cli.Processor;

/// <summary>Measures reloads and flushes on this processor, now.</summary>
internal static unsafe class ProcessorMeasurement
{
    private const int Samples = 1000, WarmUps = 50;
    private const int SmallFlushBytes = 4096, SmallFlushRounds = 2000, LargeFlushRounds = 5;

    /// <summary>
    /// The most bytes to flush: of a larger last level a part is measured, so that the command stays short.
    /// </summary>
    private const long LargeFlushBytesMax = 256L << 20;

    internal static ProcessorDocument Measure()
    {
        long? lastLevel = LastLevelCache.Read();
        if (ProcessorCache.UnsupportedReason is { } reason)
        {
            return new ProcessorDocument("cpu", reason, null, [], null, null, lastLevel, null, null);
        }

        return new ProcessorDocument(
            "cpu",
            null,
            ProcessorCache.LineSize,
            ProcessorCache.OfferedInstructions,
            ProcessorCache.FlushInstruction,
            ProcessorCache.WriteBackInstruction,
            lastLevel,
            MeasureReloads(Samples),
            MeasureFlushes(Math.Min(lastLevel ?? LastLevelCache.FallbackBytes, LargeFlushBytesMax)));
    }

    /// <summary>Walks a chain of lines hot, then after a flush, by turns.</summary>
    internal static ReloadTimes MeasureReloads(int samples)
    {
        using var chain = new LineChain(ProcessorCache.LineSize);
        var hot = new double[samples];
        var cold = new double[samples];
        for (int i = -WarmUps; i < samples; i++)
        {
            chain.Walk();
            double hotTime = chain.Walk();
            ProcessorCache.FlushAndInvalidate(chain.Memory);
            double coldTime = chain.Walk();
            if (i < 0) continue;
            hot[i] = hotTime;
            cold[i] = coldTime;
        }

        IReadOnlyList<HistogramBucket> histogram = Histogram.Of(hot, cold);
        double hotMedian = Median(hot);
        double coldMedian = Median(cold);
        return new ReloadTimes(samples, LineChain.Lines, hotMedian, coldMedian, coldMedian / hotMedian, histogram);
    }

    private static FlushTime[] MeasureFlushes(long largeBytes)
    {
        byte* memory = (byte*)NativeMemory.AlignedAlloc((nuint)largeBytes, (nuint)Environment.SystemPageSize);
        try
        {
            return
            [
                MeasureFlush(memory, SmallFlushBytes, "one page", SmallFlushRounds),
                MeasureFlush(memory, largeBytes, "as large as the last-level cache", LargeFlushRounds),
            ];
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>The median time to flush a range that has just been written.</summary>
    private static FlushTime MeasureFlush(byte* memory, long bytes, string what, int rounds)
    {
        var times = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            NativeMemory.Fill(memory, (nuint)bytes, (byte)i);
            long start = Stopwatch.GetTimestamp();
            ProcessorCache.FlushAndInvalidate(new ReadOnlySpan<byte>(memory, checked((int)bytes)));
            times[i] = (Stopwatch.GetTimestamp() - start) * 1e9 / Stopwatch.Frequency;
        }

        double median = Median(times);
        return new FlushTime(bytes, what, median, bytes / median * 1e9);
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values];
        Array.Sort(sorted);
        return sorted[sorted.Length / 2];
    }
}
