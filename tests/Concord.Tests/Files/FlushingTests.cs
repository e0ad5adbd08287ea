using Concord.Tests.Caching;

namespace Concord.Tests.Files;

/// <summary>Flushes of a file, of a part, and of a whole cache; bringing in, and asking what is there.</summary>
public sealed class FlushingTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_flush_writes_and_drops_nothing(bool isAsync)
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Load();
        test.File.Write(0, "first"u8);
        test.File.Write(2 * Pages.Bytes, "third"u8);
        var part = isAsync ? await test.File.FlushAsync(Pages.Range(2)) : test.File.Flush(Pages.Range(2));
        Assert.True(part.IsComplete);
        Assert.True(test.Store.Content.AsSpan(2 * Pages.Bytes, 5).SequenceEqual("third"u8));
        Assert.Equal(1, test.Store.Content[0]);
        var whole = isAsync ? await test.File.FlushAsync() : test.File.Flush();
        Assert.True(whole.IsComplete);
        Assert.True(test.Store.Content.AsSpan(0, 5).SequenceEqual("first"u8));
        Assert.Equal(2, test.Store.Barriers.Count);
        Assert.Equal(4 * Pages.Bytes, test.File.Query().Resident);
    }

    [Fact]
    public async Task A_flush_and_purge_of_the_whole_file_has_a_form_that_does_not_block()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(0, "first"u8);
        Assert.True((await test.File.FlushAndPurgeAsync()).IsComplete);
        Assert.Equal(0, test.File.Query().Resident);
        test.File.Write(0, "again"u8);
        Assert.True((await test.File.FlushAndPurgeAsync(CoherencyOptions.NoPurge)).IsComplete);
        Assert.NotEqual(0, test.File.Query().Resident);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_whole_cache_is_flushed_also_where_some_files_fail(bool isAsync)
    {
        using var cache = MakeCache();
        ScriptedStore[] stores = [new(Pages.Of(1, 2)), new(Pages.Of(1, 2)), new(Pages.Of(1, 2)), new(Pages.Of(1, 2))];
        var files = stores.Select(store => cache.Open(store)).ToArray();
        foreach (var file in files) file.Write(0, "new"u8);
        stores[1].Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("refused one") : null;
        var error = await Assert.ThrowsAsync<WriteBackException>(() => FlushAsync(cache, isAsync));
        Assert.Contains("refused one", error.Message, StringComparison.Ordinal);
        Assert.Equal(Pages.Bytes, cache.DirtyBytes);
        stores[3].Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("refused other") : null;
        files[3].Write(0, "more"u8);
        error = await Assert.ThrowsAsync<WriteBackException>(() => FlushAsync(cache, isAsync));
        Assert.Equal(2, Assert.IsType<AggregateException>(error.InnerException).InnerExceptions.Count);
        Assert.Contains("2 files", error.Message, StringComparison.Ordinal);
        foreach (var store in stores) store.Fails = static _ => null;
        await FlushAsync(cache, isAsync);
        Assert.Equal(0, cache.DirtyBytes);
        Assert.All(stores, static store => Assert.NotEqual(1, store.Content[0]));
        int calls = stores.Sum(static store => store.CallCount);
        await FlushAsync(cache, isAsync);
        Assert.Equal(calls, stores.Sum(static store => store.CallCount));
    }

    [Fact]
    public async Task A_store_that_hangs_keeps_no_other_file_from_being_flushed()
    {
        using var cache = MakeCache();
        ScriptedStore[] stores = [new(Pages.Of(1, 2)), new(Pages.Of(1, 2)), new(Pages.Of(1, 2))];
        var files = stores.Select(store => cache.Open(store)).ToArray();
        foreach (var file in files) file.Write(0, "new"u8);

        // Who has a file for himself keeps only that one.
        var hold = files[0].AcquireExclusive();
        var flush = cache.FlushAsync().AsTask();
        foreach (var file in files[1..])
        {
            // A later flush of the same file comes after the cache's own.
            await file.FlushAsync();
            Assert.Equal(0, file.Query().Dirty);
        }

        Assert.False(flush.IsCompleted);
        Assert.Equal(Pages.Bytes, cache.DirtyBytes);
        hold.Dispose();
        await flush;
        Assert.Equal(0, cache.DirtyBytes);
    }

    [Fact]
    public async Task A_cancelled_flush_of_a_cache_says_so_and_a_closed_cache_has_none()
    {
        var cache = MakeCache();
        var file = cache.Open(new ScriptedStore(Pages.Of(1, 2)));
        file.Write(0, "new"u8);
        using var hold = file.AcquireExclusive();
        using var stop = new CancellationTokenSource();
        var flush = cache.FlushAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        hold.Dispose();
        cache.Close();
        Assert.Throws<ObjectDisposedException>(cache.Flush);
        Assert.Throws<ObjectDisposedException>(() => { _ = cache.FlushAsync(); });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Loading_brings_in_what_is_missing_and_says_how_much_it_was(bool isAsync)
    {
        using var test = new CachedFixture(Pages.Of(1, 10), capacityPages: 64);
        test.File.Read(3 * Pages.Bytes, new byte[1]);
        var part = Pages.Range(2, 4);
        Assert.Equal(3 * Pages.Bytes, isAsync ? await test.File.LoadAsync(part) : test.File.Load(part));
        Assert.Equal(4 * Pages.Bytes, test.File.Query().Resident);
        Assert.Equal(6 * Pages.Bytes, isAsync ? await test.File.LoadAsync() : test.File.Load());
        Assert.Equal(0, isAsync ? await test.File.LoadAsync() : test.File.Load());
        Assert.Equal(0, isAsync ? await test.File.LoadAsync(Pages.Range(100)) : test.File.Load(Pages.Range(100)));
        int reads = test.Store.Reads.Count;
        test.File.Read(0, new byte[10 * Pages.Bytes]);
        Assert.Equal(reads, test.Store.Reads.Count);
    }

    [Fact]
    public void Loading_more_than_there_is_room_for_stops_when_the_cache_is_full()
    {
        using var test = new CachedFixture(Pages.Of(1, 200), capacityPages: 32);
        Assert.Equal(32 * Pages.Bytes, test.File.Load());
        Assert.InRange(test.Store.Reads.Sum(static read => read.Length), 32 * Pages.Bytes, 40 * Pages.Bytes);
    }

    [Fact]
    public void A_query_tells_what_is_resident_dirty_unflushed_and_leased()
    {
        using var test = new CachedFixture(Pages.Of(1, 10));
        Assert.Equal(default, test.File.Query());
        test.File.Load(Pages.Range(0, 5));
        test.File.Write(0, new byte[Pages.Bytes]);
        test.File.Write(4 * Pages.Bytes, new byte[1]);
        using (test.File.Lease(new ByteRange(Pages.Bytes, 1), LeaseAccess.Write))
        using (test.File.Lease(new ByteRange(2 * Pages.Bytes, 1)))
        {
            Assert.Equal(InPages(5, 2, 3, 2), test.File.Query());
            Assert.Equal(InPages(2, 0, 1, 2), test.File.Query(Pages.Range(1, 2)));
        }

        test.File.Flush();
        Assert.Equal(InPages(5, 0, 0, 0), test.File.Query());
        Assert.Equal(default, test.File.Query(new ByteRange(0, 0)));
    }

    private static CachedBytes InPages(long resident, long dirty, long unflushed, long leased) =>
        new(resident * Pages.Bytes, dirty * Pages.Bytes, unflushed * Pages.Bytes, leased * Pages.Bytes);

    private static FileCache MakeCache() =>
        new(new FileCacheOptions { CapacityBytes = 1 << 20, LazyWriterInterval = TimeSpan.Zero });

    private static Task FlushAsync(FileCache cache, bool isAsync)
    {
        if (isAsync) return cache.FlushAsync().AsTask();
        try
        {
            cache.Flush();
            return Task.CompletedTask;
        }
        catch (IOException error)
        {
            return Task.FromException(error);
        }
    }
}
