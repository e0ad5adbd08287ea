using Concord.HitRatios;
using Concord.HitRatios.Traces;

namespace Concord.Tests.Caching.Eviction;

/// <summary>The cache, counted at its store: it misses what its policy misses when that is replayed alone.</summary>
public sealed class CacheRatioTests
{
    private const int Requests = 60_000;

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string name in new[] { "zipf 0.9", "zipf 1.1", "scan + hot set", "recency" })
            {
                cases.Add(name, 300);
                cases.Add(name, 2000);
            }

            // With 2,000 pages, two settings miss equally often in its trials: chance chooses.
            cases.Add("database mix", 300);
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_cache_misses_about_as_often_as_its_policy_alone(string name, int capacity)
    {
        var whole = GeneratedTraces.All().First(trace => trace.Name == name);

        // Pages of the file lie scattered, so that no extent has neighbours in the trace.
        int[] places = [.. Enumerable.Range(0, whole.Footprint)];
        new Random(1).Shuffle(places);
        int[] pages = [.. whole.Pages[..Requests].Select(page => places[page])];
        var trace = new Trace(name, pages, whole.Footprint);
        double replayed = Replay.MissRatio(trace, PolicyKind.Own.Make(capacity, trace.Footprint));

        var store = new ZeroStore((long)trace.Footprint * Pages.Bytes);
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = (long)capacity * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
            MaxReadAheadBytes = 0,
        });
        using var file = cache.Open(store);
        byte[] bytes = new byte[64];
        foreach (int page in pages) file.Read((long)page * Pages.Bytes, bytes);

        double counted = (double)store.BytesRead / Pages.Bytes / Requests;
        Figures.Record("P17", $"{name}, {capacity} pages: misses of the cache, of its policy replayed",
            $"{counted:0.0000}, {replayed:0.0000}", "within 0.005");
        Assert.InRange(counted - replayed, -0.005, 0.005);
        Assert.True(cache.Services.Evictor.IsOrderExact());
    }

    /// <remarks>
    /// An eighth of a file of 1 GiB; an eighth of it fits. What a pass finds again is measured in whole passes.
    /// </remarks>
    [Fact]
    public void A_scan_with_read_ahead_does_not_push_out_what_is_hot()
    {
        const int FilePages = 32_768, Hot = FilePages / 20, Passes = 4, PassesToWarm = 2;
        var store = new ZeroStore((long)FilePages * Pages.Bytes);
        var scheduler = new ByHand();
        using var cache = new FileCache(
            new FileCacheOptions
            {
                CapacityBytes = FilePages / 8 * (long)Pages.Bytes,
                LazyWriterInterval = TimeSpan.Zero,
            },
            scheduler);
        using var hot = cache.Open(store, FileShare.ReadWrite);
        using var scan = cache.Open(store, FileShare.ReadWrite);
        byte[] bytes = new byte[Pages.Bytes];
        var random = new Random(1);
        long before = 0, reads = 0;
        for (int pass = 0; pass < Passes; pass++)
        {
            if (pass == PassesToWarm) (before, reads) = (store.BytesRead, 0);
            for (int at = Hot; at < FilePages; reads++)
            {
                if (random.Next(2) == 0) hot.Read((long)random.Next(Hot) * Pages.Bytes, bytes);
                else scan.Read((long)at++ * Pages.Bytes, bytes);
                scheduler.RunAll();
            }
        }

        double misses = (double)(store.BytesRead - before) / Pages.Bytes / reads;
        Figures.Record("P17", "half in a hot twentieth, half a scan, read ahead: pages loaded a read",
            $"{misses:0.000}", "at most 0.47");
        Assert.InRange(misses, 0, 0.47);
    }
}
