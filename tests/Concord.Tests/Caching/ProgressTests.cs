namespace Concord.Tests.Caching;

/// <summary>A call that could go on for ever comes to its end.</summary>
public sealed class ProgressTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_read_with_two_gaps_in_a_full_cache_does_not_evict_one_for_the_other(bool staysBetween)
    {
        const int Capacity = 24, First = 9;
        using var test = new CachedFixture(Pages.Pattern(60 * Pages.Bytes, seed: 9), Capacity);
        byte[] between = Pages.Read(test.File, Pages.Range(First + 1));

        // A dirty page is not what goes first.
        if (staysBetween) test.File.Write((First + 1) * Pages.Bytes, between);
        for (int page = First + 5; page < First + 4 + Capacity; page++) Pages.Read(test.File, Pages.Range(page));
        byte[] found = [];
        var reader = new Thread(() => found = Pages.Read(test.File, Pages.Range(First, 3))) { IsBackground = true };
        reader.Start();
        Assert.True(reader.Join(TimeSpan.FromSeconds(60)), "the read evicts its own pages for ever");
        Assert.Equal(test.Store.Content[(First * Pages.Bytes)..((First + 3) * Pages.Bytes)], found);
    }

    [Fact]
    public void A_writer_at_the_dirty_limit_does_not_write_a_leased_page_again_and_again()
    {
        var store = new ScriptedStore(Pages.Of(1, 20));
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            MaxDirtyBytes = 2 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        using var file = cache.Open(store);
        using var lease = file.Lease(Pages.Range(10), LeaseAccess.Write);
        file.Write(0, Pages.Of(2, 2));
        int leased = 0;
        store.Fails = call => call.Kind == StoreCallKind.Write && (call.Offset < 10 * Pages.Bytes || ++leased > 100)
            ? new IOException("planted")
            : null;

        Assert.Throws<IOException>(() => file.Write(5 * Pages.Bytes, Pages.Of(2)));

        store.Fails = static _ => null;
        Assert.Equal(0, leased);
    }
}
