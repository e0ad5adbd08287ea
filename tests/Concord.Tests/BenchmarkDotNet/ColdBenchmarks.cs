using BenchmarkDotNet.Attributes;
using Concord.BenchmarkDotNet;

namespace Concord.Tests.BenchmarkDotNet;

/// <summary>Reads little memory; what is flushed beside it is large.</summary>
public class LargeFlushBenchmarks
{
    public const int LargeBytes = 8 << 20;

    private readonly byte[] _read = new byte[16 * 1024];
    private readonly byte[] _large = new byte[LargeBytes];

    [Benchmark]
    [HotProcessorCache]
    public int Hot() => Touch.EveryLine(_read);

    [Benchmark]
    [ColdProcessorCache(nameof(_large))]
    public int HotBesideLargeFlush() => Touch.EveryLine(_read);

    [Benchmark]
    [ColdProcessorCache(nameof(_read))]
    public int Cold() => Touch.EveryLine(_read);

    [Benchmark]
    [ColdProcessorCache(nameof(_read)), ColdProcessorCache(nameof(_large))]
    public int ColdBesideLargeFlush() => Touch.EveryLine(_read);
}

/// <summary>Every kind of place and type that can be named.</summary>
[ColdProcessorCache(nameof(Shared))]
public class NameableBenchmarks
{
    public static readonly long[] Shared = new long[512];

    private int[,] _table = new int[0, 0];

    private ReadOnlyMemory<char> Text { get; } = "some text".AsMemory();

    private Memory<double> Numbers { get; } = new double[64];

    public IEnumerable<object[]> Keys() =>
        [["first", new byte[][] { new byte[64], [] }], ["second", new byte[][] { new byte[128], null! }]];

    [GlobalSetup]
    public void MakeTable() => _table = new int[32, 32];

    [Benchmark]
    [ArgumentsSource(nameof(Keys))]
    [ColdProcessorCache("key", "values", nameof(_table), nameof(Text), nameof(Numbers))]
    public int Read(string key, byte[][] values) => key.Length + values.Length + _table.Length;

    [Benchmark]
    [HotProcessorCache]
    public int Exempt() => _table.Length;
}

/// <summary>Names that are wrong in every way there is.</summary>
public class MisnamedBenchmarks
{
    private readonly List<int> _list = [1];
    private readonly string[] _words = ["a"];

    [Benchmark]
    [ColdProcessorCache("_wrods")]
    public int Misspelled() => _words.Length;

    [Benchmark]
    [ColdProcessorCache(nameof(_list))]
    public int Unsupported() => _list.Count;

    [Benchmark]
    [ColdProcessorCache]
    public int Nothing() => _words.Length;

    [Benchmark]
    [ColdProcessorCache(nameof(_words))]
    public int Right() => _words.Length;
}

/// <summary>A right name with nothing behind it.</summary>
public class NullBenchmarks
{
    private readonly byte[]? _missing = null;

    [Benchmark]
    [ColdProcessorCache(nameof(_missing))]
    public int Read() => _missing?.Length ?? 0;
}

internal static class Touch
{
    /// <summary>No larger than a line, so that every line is read.</summary>
    private const int StepBytes = 64;

    public static int EveryLine(byte[] bytes)
    {
        int sum = 0;
        for (int at = 0; at < bytes.Length; at += StepBytes) sum += bytes[at];
        return sum;
    }
}
