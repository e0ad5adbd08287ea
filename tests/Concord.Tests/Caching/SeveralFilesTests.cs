namespace Concord.Tests.Caching;

/// <summary>
/// Several files, or several pieces of one, of which some fail: the others are done, and all failures are named.
/// </summary>
public sealed class SeveralFilesTests
{
    private const int Files = 5;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_flush_of_the_cache_writes_the_others_and_names_each_that_failed(bool isAsync)
    {
        var stores = Make(out var cache);
        using var _ = cache;
        var error = await Assert.ThrowsAsync<WriteBackException>(async () =>
        {
            if (isAsync) await cache.FlushAsync(TestContext.Current.CancellationToken);
            else cache.Flush();
        });
        var all = Assert.IsType<AggregateException>(error.InnerException).InnerExceptions;
        Assert.Equal(["planted 1", "planted 3"], all.Select(static one => one.InnerException!.Message).Order());
        Assert.Equal([2, 1, 2, 1, 2], stores.Select(static store => (int)store.Content[0]));
        foreach (var store in stores) store.Fails = static _ => null;

        // The next one may tell of what was, and then all is well.
        try
        {
            cache.Flush();
        }
        catch (WriteBackException)
        {
            cache.Flush();
        }

        Assert.All(stores, static store => Assert.Equal(2, store.Content[0]));
    }

    [Fact]
    public void Dispose_writes_the_others_and_keeps_each_that_failed()
    {
        var stores = Make(out var cache);
        cache.Dispose();
        Assert.Equal([2, 1, 2, 1, 2], stores.Select(static store => (int)store.Content[0]));
        Assert.Equal(2, cache.FailedFiles.Count);
        foreach (var store in stores) store.Fails = static _ => null;
        foreach (var failed in cache.FailedFiles) failed.Retry();
        Assert.Empty(cache.FailedFiles);
        Assert.All(stores, static store => Assert.Equal(2, store.Content[0]));
        cache.Dispose();
    }

    [Fact]
    public void Of_a_flush_with_several_runs_those_that_can_be_written_are_and_the_rest_is_named()
    {
        const int FilePages = 24;
        using var test = new CachedFixture(Pages.Of(1, FilePages));
        for (int page = 0; page < FilePages; page += 2) test.File.Write(page * (long)Pages.Bytes, Pages.Of(2));
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write && call.Offset / Pages.Bytes % 8 == 4
            ? new IOException($"planted {call.Offset / Pages.Bytes}")
            : null;
        var error = Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
        Assert.Contains("planted 4", error.Message, StringComparison.Ordinal);
        Assert.Equal(
            [Pages.Range(4), Pages.Range(12), Pages.Range(20)],
            error.Result.Left.Where(static left => left.Reason == LeftReason.WriteFailed).Select(static left =>
                left.Range));
        Assert.Equal((FilePages - 3) * (long)Pages.Bytes, error.Result.BytesInStore);
        for (int page = 0; page < FilePages; page += 2)
        {
            Assert.Equal(page % 8 == 4 ? 1 : 2, test.Store.Content[page * Pages.Bytes]);
            Assert.Equal(page % 8 == 4, Pages.IsDirty(test.File.State, page));
        }
    }

    [Fact]
    public void A_run_that_failed_is_not_made_again_by_the_same_flush_whatever_was_written_beside_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        test.File.Write(0, Pages.Of(2));
        test.File.Write(4 * Pages.Bytes, Pages.Of(2));
        int failures = 1;
        test.Store.Fails = call =>
            call is { Kind: StoreCallKind.Write, Offset: > 0 } && failures-- > 0 ? new IOException("planted") : null;
        var error = Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
        Assert.Equal([new LeftRange(Pages.Range(4), LeftReason.WriteFailed)], error.Result.Left);
        Assert.Equal(0, error.Result.PagesPurged);
        Assert.Equal((2, 1), (test.Store.Content[0], test.Store.Content[4 * Pages.Bytes]));
        Assert.True(Pages.IsResident(test.File.State, 0));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(2, test.Store.Content[4 * Pages.Bytes]);
    }

    [Fact]
    public void Of_a_read_over_several_gaps_one_that_fails_fails_the_read_and_the_others_stay_usable()
    {
        using var test = new CachedFixture(Pages.Of(1, 12));
        Pages.Read(test.File, Pages.Range(3));
        Pages.Read(test.File, Pages.Range(7));
        test.Store.Fails = static call =>
            call.Kind == StoreCallKind.Read && call.Range.Overlaps(Pages.Range(4)) ? new IOException("planted") : null;
        Assert.Throws<IOException>(() => test.File.Read(0, new byte[12 * Pages.Bytes]));
        Assert.Equal(Pages.Of(1, 3), Pages.Read(test.File, Pages.Range(0, 3)));
        Assert.Equal(Pages.Of(1, 5), Pages.Read(test.File, Pages.Range(7, 5)));
        test.Store.Fails = static _ => null;
        Assert.Equal(Pages.Of(1, 12), Pages.Read(test.File, Pages.Range(0, 12)));
    }

    private static ScriptedStore[] Make(out FileCache cache)
    {
        cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        var stores = new ScriptedStore[Files];
        for (int i = 0; i < Files; i++)
        {
            int number = i;
            stores[i] = new ScriptedStore(Pages.Of(1, 2));
            cache.Open(stores[i]).Write(0, [2]);
            if (i % 2 == 1) stores[i].Fails = call =>
                call.Kind == StoreCallKind.Write ? new IOException($"planted {number}") : null;
        }

        return stores;
    }
}
