using System.Collections.Concurrent;
using Concord.Benchmarks.Harness;
using Concord.Benchmarks.Workloads;
using Concord.Caching;
using Microsoft.Extensions.Caching.Memory;

namespace Concord.Benchmarks.Goals;

/// <summary>P20: what finding and holding a page costs, against the tables that caches are otherwise made of.</summary>
internal sealed class LookUp : Goal
{
    private const string Concord = "Concord", Table = "ConcurrentDictionary.TryGetValue",
        Cache = "MemoryCache.TryGetValue";

    private const double CacheSpeedMin = 6;

    private const int Entries = 16_384, Count = 65_536;

    public override string Name => "P20";

    public override string Title => "Look up, pin and unpin a page";

    public override string Target =>
        $"≥ 1 of ConcurrentDictionary.TryGetValue; ≥ {CacheSpeedMin} of a hit of MemoryCache";

    public override IEnumerable<string> Notes =>
    [
        $"{Entries:N0} pages or entries, at random. Concord does all that a read does but the copy: it finds the page, "
            + "pins it, checks that it is there, marks it used and unpins. The tables find a reference, and hold "
            + "nothing in place.",
    ];

    public override string? Missing(RunSettings settings) => null;

    public override IEnumerable<Comparison> Comparisons(RunSettings settings)
    {
        using PinnedThread pin = PinnedThread.ToProcessor(0);
        const long Bytes = Entries * (long)RandomPages.PageBytes;
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 2 * Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(new MemoryStore(new byte[Bytes]));
        file.Read(0, new byte[Bytes]);
        var table = new ConcurrentDictionary<long, object>(
            Enumerable.Range(0, Entries).Select(entry => KeyValuePair.Create((long)entry, new object())));
        using var memoryCache = new MemoryCache(new MemoryCacheOptions());
        for (long entry = 0; entry < Entries; entry++) memoryCache.Set(entry, new object());
        object[] keys = [.. Enumerable.Range(0, Entries).Select(entry => (object)(long)entry)];
        yield return new Comparison(
            $"{Entries:N0} entries",
            RandomPages.PageBytes,
            [
                new Rival(Concord, static () => { }, () => RandomPages.Time(new PageLookUp(file.State), Bytes, Count)),
                new Rival(Table, static () => { }, () => RandomPages.Time(new TableLookUp(table), Bytes, Count)),
                new Rival(Cache, static () => { },
                    () => RandomPages.Time(new CacheLookUp(memoryCache, keys), Bytes, Count)),
            ],
            Reference: Table,
            [new SpeedDemand(Concord, Table, 1), new SpeedDemand(Concord, Cache, CacheSpeedMin)]);
    }

    private readonly struct PageLookUp(FileState map) : IPageOperation
    {
        public void Do(long offset)
        {
            if (!PinnedRange.TryPin(map, offset, 1, forWriting: false, hasHold: false, out var passage))
                throw new InvalidOperationException("the cache lost a page");
            passage.Unpin();
        }
    }

    private readonly struct TableLookUp(ConcurrentDictionary<long, object> table) : IPageOperation
    {
        public void Do(long offset)
        {
            if (!table.TryGetValue(offset / RandomPages.PageBytes, out _))
                throw new InvalidOperationException("the table lost an entry");
        }
    }

    /// <summary>The keys are boxed before, so that only the look-up is counted.</summary>
    private readonly struct CacheLookUp(MemoryCache cache, object[] keys) : IPageOperation
    {
        public void Do(long offset)
        {
            if (!cache.TryGetValue(keys[offset / RandomPages.PageBytes], out _))
                throw new InvalidOperationException("the cache lost an entry");
        }
    }
}
