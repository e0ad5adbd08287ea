using Concord.Caching;

namespace Concord.Tests.Caching;

/// <summary>Options are copied once, and what cannot be meant is refused by name, with what would be right.</summary>
public sealed class FileCacheOptionsTests
{
    private static readonly FileCacheOptions Small = new() { CapacityBytes = 64 * Pages.Bytes };

    public static TheoryData<string, FileCacheOptions, string> OutOfRange() => new()
    {
        { nameof(FileCacheOptions.CapacityBytes), new() { CapacityBytes = -1 }, "must be" },
        { nameof(FileCacheOptions.CapacityBytes), new() { CapacityBytes = 1000 }, "must be" },
        { nameof(FileCacheOptions.CapacityBytes), new() { CapacityBytes = long.MaxValue }, "must be" },
        { nameof(FileCacheOptions.MaxDirtyBytes), new() { MaxDirtyBytes = -1 }, "must be" },
        { nameof(FileCacheOptions.MaxDirtyBytes), new() { MaxDirtyBytes = long.MaxValue }, "must be" },
        {
            nameof(FileCacheOptions.MaxDirtyBytes),
            new() { CapacityBytes = Small.CapacityBytes, MaxDirtyBytes = Small.CapacityBytes + 1 },
            $"to the capacity of {Small.CapacityBytes}"
        },
        { nameof(FileCacheOptions.MaxReadAheadBytes), new() { MaxReadAheadBytes = -1 }, "must be 0 to" },
        { nameof(FileCacheOptions.MaxReadAheadBytes), new() { MaxReadAheadBytes = long.MaxValue }, "must be 0 to" },
        { nameof(FileCacheOptions.MaxSections), new() { MaxSections = 0 }, "must be 1 or more" },
        { nameof(FileCacheOptions.LazyWriterInterval), new() { LazyWriterInterval = TimeSpan.FromTicks(-1) },
            "zero for never" },
        { nameof(FileCacheOptions.LazyWriterInterval), new() { LazyWriterInterval = TimeSpan.MaxValue },
            "zero for never" },
        { nameof(FileCacheOptions.MaxDirtyAge), new() { MaxDirtyAge = TimeSpan.Zero }, "must be 00:00:00.0100000 to" },
        { nameof(FileCacheOptions.MaxDirtyAge), new() { MaxDirtyAge = Timeout.InfiniteTimeSpan }, "must be" },
        { nameof(FileCacheOptions.MaxDirtyAge), new() { MaxDirtyAge = TimeSpan.MaxValue }, "must be" },
        { nameof(FileCacheOptions.ExitFlushTimeout), new() { ExitFlushTimeout = -TimeSpan.MaxValue }, "not at all" },
        { nameof(FileCacheOptions.ExitFlushTimeout), new() { ExitFlushTimeout = TimeSpan.MaxValue }, "not at all" },
        { nameof(FileCacheOptions.StoreWaitTimeout), new() { StoreWaitTimeout = TimeSpan.Zero }, "must be" },
        { nameof(FileCacheOptions.StoreWaitTimeout), new() { StoreWaitTimeout = TimeSpan.MaxValue }, "infinite for" },
        { nameof(FileCacheOptions.WriteMode), new() { WriteMode = (WriteMode)2 }, "WriteBack, HandOver" },
        { nameof(FileCacheOptions.SectionKind), new() { SectionKind = (SectionKind)77 },
            "Automatic, Shared, Private, Huge" },
        { nameof(FileCacheOptions.TimeProvider), new() { TimeProvider = null! }, "" },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void What_is_out_of_range_is_refused_by_name(string name, FileCacheOptions options, string right)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => new FileCache(options));
        Assert.Equal(name, error.ParamName);
        Assert.Contains(right, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dirty_limit_as_large_as_the_capacity_is_taken()
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, MaxDirtyBytes = 64 * Pages.Bytes });
        Assert.Equal(64 * Pages.Bytes, cache.GetCurrentStatistics().MaxDirtyBytes);
    }

    [Fact]
    public void What_is_set_after_the_cache_was_made_counts_for_the_next_one()
    {
        var options = new FileCacheOptions { Name = "first", CapacityBytes = 64 * Pages.Bytes };
        using var first = new FileCache(options);
        options.Name = "second";
        options.CapacityBytes = 128 * Pages.Bytes;
        using var second = new FileCache(options);
        Assert.Equal(("first", 64 * Pages.Bytes), (first.Name, first.CapacityBytes));
        Assert.Equal(("second", 128 * Pages.Bytes), (second.Name, second.CapacityBytes));
    }

    [Fact]
    public void Statistics_say_what_the_cache_holds_at_the_moment()
    {
        using var fixture = new CachedFixture(Pages.Of(1, 8));
        fixture.File.Write(0, Pages.Of(2, 2));
        using var lease = fixture.File.Lease(Pages.Range(4, 3));
        var now = fixture.Cache.GetCurrentStatistics();
        Assert.Equal(64 * Pages.Bytes, now.CapacityBytes);
        Assert.Equal(32 * Pages.Bytes, now.MaxDirtyBytes);
        Assert.Equal(5 * Pages.Bytes, now.ResidentBytes);
        Assert.Equal(2 * Pages.Bytes, now.DirtyBytes);
        Assert.Equal(3 * Pages.Bytes, now.LeasedBytes);
        Assert.Equal((1, 0, 0), (now.Files, now.FailedFiles, now.HugePageBytes));
    }

    [Fact]
    public void Caches_without_a_capacity_have_equal_shares_that_follow_their_number()
    {
        const int All = 400;
        var shares = new SharedCapacity(All * (long)Pages.Bytes);
        using var first = new FileCache(Small);
        using var second = new FileCache(Small);
        using var file = first.Open(new MemoryStore(new byte[All * Pages.Bytes]));
        shares.Join(first.State);
        Assert.Equal(All, first.State.CapacityPages);
        for (int page = 0; page < All; page++) file.Read(page * (long)Pages.Bytes, new byte[1]);
        Assert.Equal(All * (long)Pages.Bytes, first.ResidentBytes);

        shares.Join(second.State);
        Assert.Equal((All / 2, All / 2), (first.State.CapacityPages, second.State.CapacityPages));
        Patience.Await(() => first.ResidentBytes <= first.CapacityBytes);

        shares.Leave(first.State);
        Assert.Equal(All, second.State.CapacityPages);
        shares.Leave(second.State);
    }

    [Fact]
    public void A_cache_that_was_dropped_keeps_no_share()
    {
        var shares = new SharedCapacity(400L * Pages.Bytes);
        JoinAndDrop(shares);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        using var cache = new FileCache(Small);
        shares.Join(cache.State);
        Assert.Equal(400, cache.State.CapacityPages);
        shares.Leave(cache.State);
    }

    [Fact]
    public void However_many_share_each_has_the_least_that_a_cache_needs()
    {
        var shares = new SharedCapacity(20L * Pages.Bytes);
        using var first = new FileCache(Small);
        using var second = new FileCache(Small);
        shares.Join(first.State);
        shares.Join(second.State);
        Assert.Equal(FileCacheOptions.CapacityPagesMin, second.State.CapacityPages);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void JoinAndDrop(SharedCapacity shares)
    {
        var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = Small.CapacityBytes, LazyWriterInterval = TimeSpan.Zero });
        shares.Join(cache.State);
    }
}
