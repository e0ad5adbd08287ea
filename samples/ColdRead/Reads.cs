using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Concord.BenchmarkDotNet;

namespace ColdRead;

/// <summary>
/// The same read of 16 KiB, once with the processors' caches as they are and once with the table's lines flushed
/// before each invocation.
/// </summary>
public class Reads
{
    private const int TableBytes = 16 * 1024;
    private readonly long[] _table = new long[TableBytes / sizeof(long)];

    [GlobalSetup]
    public void Fill() => Random.Shared.NextBytes(MemoryMarshal.AsBytes(_table.AsSpan()));

    [Benchmark(Baseline = true)]
    [HotProcessorCache]
    public long Hot() => Sum(_table);

    [Benchmark]
    [ColdProcessorCache(nameof(_table))]
    public long Cold() => Sum(_table);

    private static long Sum(long[] table)
    {
        long sum = 0;
        foreach (long value in table) sum += value;
        return sum;
    }
}
