using BenchmarkDotNet.Attributes;
using Concord.BenchmarkDotNet;

namespace Concord.Tests.BenchmarkDotNet;

/// <summary>Memory that is there from the beginning.</summary>
public class WithoutSetup
{
    private readonly WatchedMemory _owner = new();

    public Memory<byte> Table => _owner.Memory;

    [Benchmark, ColdProcessorCache(nameof(Table))]
    public int Cold() => _owner.ReadCold();

    [Benchmark, HotProcessorCache]
    public int Hot() => _owner.ReadHot();
}

/// <summary>Memory that the global setup makes and the global cleanup frees.</summary>
public class WithGlobalSetup
{
    private WatchedMemory? _owner;

    public Memory<byte> Table { get; private set; }

    [GlobalSetup]
    public void Make()
    {
        if (_owner is not null) throw new InvalidOperationException("set up twice without a cleanup");
        _owner = new WatchedMemory();
        Table = _owner.Memory;
    }

    [GlobalCleanup]
    public void Free()
    {
        ((IDisposable)_owner!).Dispose();
        _owner = null;
        Table = default;
    }

    [Benchmark, ColdProcessorCache(nameof(Table))]
    public int Cold() => _owner!.ReadCold();

    [Benchmark, HotProcessorCache]
    public int Hot() => _owner!.ReadHot();
}

/// <summary>Memory that each iteration makes and frees, in arrays of the collector and with an owner.</summary>
public class WithIterationSetup
{
    private WatchedMemory? _owner;
    private long[]? _numbers;

    public Memory<byte> Table { get; private set; }

    [IterationSetup]
    public void Make()
    {
        if (_owner is not null) throw new InvalidOperationException("set up twice without a cleanup");
        _owner = new WatchedMemory();
        _numbers = new long[64];
        Table = _owner.Memory;
    }

    [IterationCleanup]
    public void Free()
    {
        ((IDisposable)_owner!).Dispose();
        _owner = null;
        _numbers = null;
        Table = default;
    }

    [Benchmark, ColdProcessorCache(nameof(Table), nameof(_numbers))]
    public long Cold() => _owner!.ReadCold() + _numbers![0];

    [Benchmark, HotProcessorCache]
    public int Hot() => _owner!.ReadHot();
}
