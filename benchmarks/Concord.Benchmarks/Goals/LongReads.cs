using System.Diagnostics;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;
using Concord.Memory;

namespace Concord.Benchmarks.Goals;

/// <summary>P22: one call for many megabytes that are in no cache, of a distant store and of a local file.</summary>
internal sealed class LongReads : Goal
{
    private const string Alone = "the store, one request", Blocking = "Read", Async = "ReadAsync", Leased = "Lease",
        Loaded = "Load", System = "RandomAccess.Read", InOrder = "Read in order, 128 KiB a call";

    /// <summary>The call may take 1.2 times as long as the store does.</summary>
    private const double DistantMin = 1 / 1.2;

    private const double LocalMin = 0.95, InOrderMin = 0.9, BytesPerSecond = 1e9;
    private const int InOrderBytes = (int)(128 * Sizes.KiB);
    private const long BytesMax = 64 * Sizes.MiB;

    private static readonly double[] LatenciesMilliseconds = [0, 1, 10, 100];
    private static readonly long[] Lengths = [Sizes.MiB, 8 * Sizes.MiB, BytesMax];
    private static readonly long[] LocalLengths = [Sizes.MiB, 4 * Sizes.MiB, 16 * Sizes.MiB, BytesMax];

    public override string Name => "P22";

    public override string Title => "Long reads of what is in no cache";

    public override string Target =>
        "a store of 1 GB/s with 0 to 100 ms of latency: at most 1.2 times what one request for all of it takes; a "
            + $"local file: ≥ {LocalMin:0.00} of RandomAccess.Read; in order with 10 ms: ≥ {InOrderMin:0.0} of the "
            + "store's bandwidth";

    public override IEnumerable<string> Notes =>
    [
        "The store waits for the latency of each request and then sends its bytes, one request after the other, at 1 "
            + "GB/s; before each slice nothing is in the cache. One request for all is what the goal compares with: "
            + "one latency, and the bytes at the store's bandwidth.",
        "The local file is direct for Concord and buffered for its rival, and before each slice in neither cache, by "
            + "the kernel's own answer.",
    ];

    public override string? Missing(RunSettings settings) => DiskGoal.Missing(settings);

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using var buffer = new TouchedMemory(BytesMax);
        using (var file = new StoredFile(settings.Folder, BytesMax, StoreCaching.Direct))
        {
            foreach (long bytes in LocalLengths) yield return Local(file, buffer, (int)bytes);
        }

        foreach (double milliseconds in LatenciesMilliseconds)
        {
            foreach (long bytes in Lengths)
            {
                using var far = new DistantFile((int)bytes, TimeSpan.FromMilliseconds(milliseconds));
                yield return Distant(far, buffer, milliseconds);
            }
        }

        using (var far = new DistantFile((int)BytesMax, TimeSpan.FromMilliseconds(10)))
        {
            yield return Ordered(far, buffer);
        }
    }

    private static Comparison Distant(DistantFile far, TouchedMemory buffer, double milliseconds)
    {
        string[] calls = [Blocking, Async, Leased, Loaded];
        return new Comparison(
            $"{Sizes.Bytes(far.Bytes)}, {milliseconds} ms",
            far.Bytes,
            [
                new Rival(Alone, far.MakeCold, () => Time(() => far.Store.Read(0, Of(buffer, far.Bytes)))),
                new Rival(Blocking, far.MakeCold, () => Time(() => far.File.Read(0, Span(buffer, far.Bytes)))),
                new Rival(Async, far.MakeCold, () => Time(
                    () => far.File.ReadAsync(0, Of(buffer, far.Bytes)).AsTask().GetAwaiter().GetResult())),
                new Rival(Leased, far.MakeCold, () => Time(() =>
                {
                    using var lease = far.File.Lease(new ByteRange(0, far.Bytes));
                    return lease.Span.Length;
                })),
                new Rival(Loaded, far.MakeCold, () => Time(() => (int)far.File.Load())),
            ],
            Reference: Alone,
            [.. calls.Select(static call => new SpeedDemand(call, Alone, DistantMin))])
        {
            SharesProcessors = true,
        };
    }

    private static Comparison Ordered(DistantFile far, TouchedMemory buffer) => new(
        $"{Sizes.Bytes(far.Bytes)} in order, 10 ms",
        far.Bytes,
        [
            new Rival(Alone, far.MakeCold, () => Time(() => far.Store.Read(0, Of(buffer, far.Bytes)))),
            new Rival(InOrder, far.MakeCold, () => Time(() =>
            {
                int done = 0;
                while (done < far.Bytes) done += far.File.Read(done, Span(buffer, InOrderBytes));
                return done;
            })),
        ],
        Reference: Alone,
        [new SpeedDemand(InOrder, Alone, InOrderMin)])
    {
        SharesProcessors = true,
    };

    private static Comparison Local(StoredFile file, TouchedMemory buffer, int bytes) => new(
        $"local file, {Sizes.Bytes(bytes)}",
        bytes,
        [
            new Rival(Blocking, file.MakeCold, () => Time(() => file.Cached.Read(0, Span(buffer, bytes)))),
            new Rival(System, file.MakeCold,
                () => Time(() => RandomAccess.Read(file.Handle, Span(buffer, bytes), 0))),
        ],
        Reference: System,
        [new SpeedDemand(Blocking, System, LocalMin)])
    {
        SharesProcessors = true,
    };

    private static unsafe Span<byte> Span(TouchedMemory memory, int bytes) => new(memory.Address, bytes);

    private static unsafe Memory<byte> Of(TouchedMemory memory, int bytes) =>
        new NativeMemory((nint)memory.Address, bytes).Memory;

    private static Slice Time(Func<int> read)
    {
        long start = Stopwatch.GetTimestamp();
        int count = read();
        var taken = Stopwatch.GetElapsedTime(start);
        return count > 0
            ? new Slice(taken.TotalNanoseconds)
            : throw new InvalidOperationException("a read was short");
    }

    /// <summary>A distant store in a cache.</summary>
    private sealed class DistantFile : IDisposable
    {
        private readonly FileCache _cache;

        internal DistantFile(int bytes, TimeSpan latency)
        {
            Bytes = bytes;
            Store = new DistantStore(bytes, latency, BytesPerSecond);
            _cache = new FileCache(new FileCacheOptions
            {
                CapacityBytes = 8 * BytesMax,
                LazyWriterInterval = TimeSpan.Zero,
            });
            File = _cache.Open(Store);
        }

        internal int Bytes { get; }

        internal DistantStore Store { get; }

        internal CachedFile File { get; }

        internal void MakeCold()
        {
            if (!File.FlushAndPurge().IsComplete) throw new InvalidOperationException("pages stayed in the cache");
            _cache.Services.Evictor.Sweep(int.MaxValue);
        }

        public void Dispose()
        {
            File.Dispose();
            _cache.Dispose();
        }
    }
}
