namespace Concord.Tests.Caching;

/// <summary>A store hears of a barrier that will come, of what it has accepted, and of nothing else.</summary>
public sealed class AnnouncedBarrierTests
{
    [Theory]
    [InlineData(CoherencyOptions.None)]
    [InlineData(CoherencyOptions.NoPurge)]
    public void Each_run_of_a_flush_is_announced_once_the_store_has_it_and_before_the_barrier(CoherencyOptions options)
    {
        using var test = new CachedFixture([]);
        test.File.Write(0, Pages.Pattern(3 * Pages.Bytes, seed: 1));
        test.File.Write(8 * Pages.Bytes, Pages.Pattern(Pages.Bytes + 5, seed: 2));
        test.Store.ForgetCalls();

        test.File.FlushAndPurge(options: options);

        var calls = test.Store.AllCalls;
        var announced = calls.Where(static call => call.Kind == StoreCallKind.Announcement)
            .Select(static call => call.Range).OrderBy(static range => range.Offset);
        Assert.Equal(test.Store.Writes.Select(static call => call.Range).OrderBy(static range => range.Offset),
            announced);
        int barrier = IndexOf(calls, StoreCallKind.Barrier, range: null);
        foreach (var write in test.Store.Writes)
        {
            Assert.InRange(IndexOf(calls, StoreCallKind.Announcement, write.Range),
                IndexOf(calls, StoreCallKind.Write, write.Range), barrier);
        }
    }

    [Fact]
    public async Task A_write_that_no_barrier_follows_is_not_announced()
    {
        using var test = new CachedFixture([]);
        test.File.Write(0, Pages.Pattern(3 * Pages.Bytes, seed: 1));

        await test.Cache.LazyWriter.PassAsync(TestContext.Current.CancellationToken);

        Assert.NotEmpty(test.Store.Writes);
        Assert.DoesNotContain(test.Store.AllCalls, static call => call.Kind == StoreCallKind.Announcement);
    }

    [Fact]
    public void A_refused_write_is_not_announced()
    {
        using var test = new CachedFixture([]);
        test.File.Write(0, Pages.Pattern(Pages.Bytes, seed: 1));
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("refused") : null;

        Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());

        Assert.DoesNotContain(test.Store.AllCalls, static call => call.Kind == StoreCallKind.Announcement);
        test.Store.Fails = static _ => null;
    }

    private static int IndexOf(IReadOnlyList<StoreCall> calls, StoreCallKind kind, ByteRange? range) =>
        Enumerable.Range(0, calls.Count)
            .Single(i => calls[i].Kind == kind && (range is null || calls[i].Range == range));
}
