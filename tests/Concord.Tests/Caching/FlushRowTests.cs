namespace Concord.Tests.Caching;

/// <summary>What CcFlushCache promises, by the library's flush: the operation with NoPurge.</summary>
public sealed class FlushRowTests
{
    [Fact]
    [Row(46)]
    public void A_flush_tells_the_length_of_its_range()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        test.File.Write(0, Pages.Of(7, 8));
        foreach (var range in (ByteRange[])[new(0, 1), new(100, 5000), Pages.Range(2, 3), new(0, 8 * Pages.Bytes)])
        {
            var result = test.File.FlushAndPurge(range, CoherencyOptions.NoPurge);
            Assert.Equal((CoherencyStatus.Success, range.Length), (result.Status, result.BytesInStore));
            Assert.Equal(Pages.Of(7, 8)[..(int)range.Length],
                test.Store.Content.AsSpan((int)range.Offset, (int)range.Length));
        }

        Assert.True(Pages.IsResident(test.File.State, 4));
    }

    [Fact]
    [Row(48)]
    public void A_flush_that_fails_in_part_tells_what_is_in_the_store_and_the_rest_stays_dirty()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        foreach (int page in (int[])[0, 2, 4, 6]) test.File.Write(page * Pages.Bytes, Pages.Of(7));
        test.Store.Fails = call =>
            call.Kind == StoreCallKind.Write && call.Range.Overlaps(Pages.Range(4)) ? new IOException("planted") : null;

        var error = Assert.Throws<WriteBackException>(
            () => test.File.FlushAndPurge(Pages.Range(2, 6), CoherencyOptions.NoPurge));

        Assert.Equal(5 * Pages.Bytes, error.Result.BytesInStore);
        Assert.Equal([new LeftRange(Pages.Range(4), LeftReason.WriteFailed)], error.Result.Left);
        Assert.True(Pages.IsDirty(test.File.State, 4));
        Assert.False(Pages.IsDirty(test.File.State, 2) || Pages.IsDirty(test.File.State, 6));
        Assert.True(Pages.IsDirty(test.File.State, 0));
    }

    [Theory]
    [InlineData(62)]
    [InlineData(512)]
    [InlineData(1004)]
    [Row(49)]
    public void A_small_file_is_flushed_in_one_write_of_its_page(int length)
    {
        // The page is written as far as the file reaches: a store of ours has no sectors beyond its end to pad.
        using var test = new CachedFixture([]);
        byte[] bytes = Pages.Pattern(length, seed: 49);
        test.File.Write(0, bytes);
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal([new StoreCall(StoreCallKind.Write, 0, length)], test.Store.Writes);
        Assert.Equal(bytes, test.Store.Content);
    }

    [Fact]
    [Row(49)]
    public void What_was_written_in_part_is_flushed_in_whole_pages()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(62, [7]);
        test.File.Write((2 * Pages.Bytes) + 4000, Pages.Of(8)[..97]);
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal([Pages.Range(0), Pages.Range(2, 4000 + 97 > Pages.Bytes ? 2 : 1)],
            test.Store.Writes.Select(call => call.Range));
    }

    [Fact]
    [Row(51)]
    public void Two_threads_that_flush_one_file_at_once_both_return()
    {
        using var test = new CachedFixture(Pages.Of(1, 32));
        using var barrier = new Barrier(2);
        var threads = Enumerable.Range(0, 2).Select(number => new Thread(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                test.File.Write(((i * 2) + number) % 32 * Pages.Bytes, Pages.Of((byte)i));
                barrier.SignalAndWait();
                test.File.FlushAndPurge(CoherencyOptions.NoPurge);
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        Assert.Equal(0, test.Cache.DirtyBytes);
    }

    [Fact]
    [Row(82)]
    public void A_write_that_is_flushed_at_once_is_in_the_store_and_durable_when_both_return()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(100, [7, 8, 9]);
        test.File.FlushAndPurge(new ByteRange(100, 3), CoherencyOptions.NoPurge);
        Assert.Equal([7, 8, 9], test.Store.Content[100..103]);
        Assert.Single(test.Store.Barriers);
        Assert.False(Pages.IsDirty(test.File.State, 0));
    }
}
