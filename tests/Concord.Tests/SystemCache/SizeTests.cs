using System.Globalization;
using Concord.SystemCache;
using Concord.SystemCache.Linux;
using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache;

/// <summary>Files of any length: the work is in proportion to what is resident.</summary>
public sealed class SizeTests
{
    internal const string ShortOfAddresses = "system-cache-short-of-addresses";

    private const long Terabyte = 1L << 40, Petabyte = 1L << 50;

    [Fact]
    public void A_map_of_a_petabyte_takes_memory_for_what_is_resident()
    {
        long pages = Petabyte / 4096;
        long before = GC.GetAllocatedBytesForCurrentThread();
        PageMap map = new(0, pages);
        map.Set(5, 7);
        map.Set(pages / 2, (pages / 2) + 100_000);
        map.Set(pages - 1, pages);
        Assert.Equal(100_003, map.Count(0, pages));
        List<(long, long)> runs = [];
        for (long from = 0; map.TryNextRun(from, out long start, out long end); from = end) runs.Add((start, end));
        Assert.Equal([(5, 7), (pages / 2, (pages / 2) + 100_000), (pages - 1, pages)], runs);
        Assert.False(map[4]);
        Assert.True(map[pages - 1]);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_sparse_petabyte_is_asked_about_and_purged_at_once()
    {
        using Place place = Place.Make(Place.Tmpfs);
        string path = place.WriteFile(3);
        using (FileStream stream = new(path, FileMode.Open)) stream.SetLength(Petabyte);
        using SystemFile file = SystemFile.Open(path);
        CacheResidency residency = file.Query();
        Assert.Equal((3, Petabyte / Environment.SystemPageSize), (residency.Resident, residency.Pages));
        Assert.Equal(3, residency.Map!.Count(0, long.MaxValue));
        CoherencyResult result = file.FlushAndPurge();
        Assert.Equal(LeftReason.StoreIsMemory, Assert.Single(result.Left).Reason);
    }

    [Fact]
    public async Task Pieces_of_a_write_back_are_few_however_long_the_file_is()
    {
        using FakePageCacheFile file = new(Petabyte);
        using CancellationTokenSource source = new();
        await Task.Run(
            () => CoherentPurge.Run(file, null, CoherencyOptions.None, source.Token),
            TestContext.Current.CancellationToken);
        Assert.InRange(file.Calls.Count(static call => call == "piece"), 1, 1024);
    }

    [Fact]
    public void On_an_overlay_a_file_with_vast_holes_is_unknown_and_says_why()
    {
        using Place place = Place.Make(Place.Overlay);
        string path = place.WriteFile(3);
        using (FileStream stream = new(path, FileMode.Open)) stream.SetLength(4 * Terabyte);
        using SystemFile file = SystemFile.Open(path);
        Assert.Null(file.Query().Resident);
        CoherencyResult result = file.FlushAndPurge();
        Assert.Equal(CoherencyStatus.Unknown, result.Status);
        Assert.Contains("too many", Assert.Single(result.Left).Holder, StringComparison.Ordinal);
    }

    [Fact]
    public void A_range_longer_than_the_addresses_there_are_is_written_back_with_its_file()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(3);
        using (FileStream stream = new(path, FileMode.Open)) stream.SetLength(Terabyte);
        using ChildProcess child = new(ShortOfAddresses, path);
        Assert.Equal("Success", child.Read());
        child.Finish();
        Assert.Equal(0, KernelView.Unwritten(path));
    }

    /// <summary>
    /// A process that may have little more address space than it has: purges all of a file but its first page.
    /// </summary>
    internal static unsafe int PurgeShortOfAddresses(string[] args)
    {
        const ulong More = 64UL << 30;
        using LinuxPageCacheFile file = LinuxPageCacheFile.Open(args[0]);
        string size = File.ReadLines("/proc/self/status")
            .First(static line => line.StartsWith("VmSize:", StringComparison.Ordinal));
        string kilobytes = size.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1];
        ulong now = ulong.Parse(kilobytes, CultureInfo.InvariantCulture) << 10;
        ulong* limits = stackalloc ulong[] { now + More, now + More };
        Native.Succeeded(Native.Setrlimit(Native.AddressSpaceLimit, limits), "limit the address space");
        ByteRange range = ByteRange.FromBounds(Environment.SystemPageSize, file.Length);
        Console.WriteLine(CoherentPurge.Run(file, range, CoherencyOptions.None, CancellationToken.None).Status);
        return 0;
    }

    [Fact]
    public void A_load_counts_what_it_brought_in_whatever_is_read_ahead()
    {
        const int Pages = 2048;
        using Place place = Place.Make(Place.Disk);
        using SystemFile file = SystemFile.Open(place.WriteFile(Pages));
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal((long)Pages * Environment.SystemPageSize, file.Load(TestContext.Current.CancellationToken));
        Assert.Equal(0, file.Load(TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_a_load_reads_ahead_is_counted_once()
    {
        const long Length = 64 << 20;
        using FakePageCacheFile file = new(Length) { ReadsAhead = 1 << 20 };
        Assert.Equal(Length, CacheLoad.Run(file, null, TestContext.Current.CancellationToken));
    }
}
