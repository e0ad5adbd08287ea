using System.Diagnostics;
using Concord.Tests.Stores;

namespace Concord.Tests.Caching;

/// <summary>Time and memory of a huge file go by what is in memory of it, not by its length.</summary>
public sealed class SparseFileTests : IDisposable
{
    private const long HugeBytes = 1L << 40, SmallBytes = HugeBytes >> 10;
    private const int ResidentPages = 1000, Rounds = 9;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_terabyte_with_a_thousand_pages_in_memory_is_opened_read_flushed_and_purged_in_milliseconds()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "files have holes without being asked");
        Make("huge", HugeBytes);
        Make("small", SmallBytes);
        var huge = new List<Times>();
        var small = new List<Times>();
        for (int round = 0; round < Rounds; round++)
        {
            huge.Add(Round("huge", HugeBytes));
            small.Add(Round("small", SmallBytes));
        }

        Record("open", static times => times.Open);
        Record("read 1,000 pages from the disk", static times => times.Read);
        Record("read them again from memory", static times => times.Hit);
        Record("flush of nothing dirty", static times => times.CleanFlush);
        Record("flush of 1,000 dirty pages", static times => times.DirtyFlush);
        Record("flush and purge, clean", static times => times.Purge);

        void Record(string what, Func<Times, TimeSpan> of)
        {
            double milliseconds = huge.Min(of).TotalMilliseconds;
            double ratio = huge.Zip(small, (one, other) => of(one) / of(other)).Order().ElementAt(Rounds / 2);
            Figures.Record("sparse", $"1 TiB with 1,000 pages spread over it: {what}",
                $"{milliseconds:0.00} ms; {ratio:0.0} times what 1 GiB takes", "milliseconds");

            // A thousand times the length. What went by it, and not by pages, would take a thousand times as long.
            Assert.InRange(milliseconds, 0, 1000);
        }
    }

    private void Make(string name, long length)
    {
        using var made = File.OpenHandle(_folder[name], FileMode.CreateNew, FileAccess.Write);
        RandomAccess.SetLength(made, length);
    }

    private Times Round(string name, long length)
    {
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 4 * ResidentPages * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero
        });
        CachedFile? opened = null;
        var open = Time(() => opened = cache.Open(_folder[name], FileMode.OpenOrCreate, FileAccess.ReadWrite));
        using var file = opened!;
        byte[] page = new byte[Pages.Bytes];
        long step = length / ResidentPages / Pages.Bytes * Pages.Bytes;
        var read = Time(ReadAll);
        var hit = Time(ReadAll);
        Assert.Equal(ResidentPages * Pages.Bytes, cache.ResidentBytes);
        var cleanFlush = Time(() => Flush(CoherencyOptions.NoPurge, 0));
        for (int i = 0; i < ResidentPages; i++) file.Write(i * step, page);
        var dirtyFlush = Time(() => Flush(CoherencyOptions.NoPurge, ResidentPages * Pages.Bytes));
        var purge = Time(() => Assert.Equal(ResidentPages, Flush(CoherencyOptions.None, 0).PagesPurged));
        return new Times(open, read, hit, cleanFlush, dirtyFlush, purge);

        void ReadAll()
        {
            for (int i = 0; i < ResidentPages; i++) Assert.Equal(page.Length, file.Read(i * step, page));
        }

        CoherencyResult Flush(CoherencyOptions options, long written)
        {
            CoherencyResult result = file.FlushAndPurge(options);
            Assert.Equal((true, length, (long?)written), (result.IsComplete, result.BytesInStore, result.BytesWritten));
            return result;
        }
    }

    private static TimeSpan Time(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start);
    }

    private readonly record struct Times(TimeSpan Open, TimeSpan Read, TimeSpan Hit, TimeSpan CleanFlush,
        TimeSpan DirtyFlush, TimeSpan Purge);
}
