namespace Concord.Tests.Caching;

/// <summary>What CcCopyRead and CcCopyWrite promise, by the library's reads, writes and tries.</summary>
public sealed class CopyRowTests
{
    [Fact]
    [Row(74)]
    public void A_try_to_read_an_absent_page_says_no_at_once()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var release = new ManualResetEventSlim();
        test.Store.Before = _ => release.Wait();

        // The store does not answer, so that an answer shows that nobody asked it.
        Assert.False(test.File.TryRead(10, new byte[20], out int count));
        Assert.Equal(0, count);

        release.Set();
        test.File.Read(0, new byte[1]);
        Assert.True(test.File.TryRead(10, new byte[20], out count));
        Assert.Equal(20, count);
        Assert.True(test.File.TryRead((4 * Pages.Bytes) + 1, new byte[20], out count));
        Assert.Equal(0, count);
    }

    [Fact]
    [Row(75)]
    public void A_read_that_fails_says_why_and_leaves_the_page_absent()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var planted = new IOException("planted", 5);
        test.Store.Fails = _ => planted;
        var error = Assert.Throws<IOException>(() => Pages.Read(test.File, Pages.Range(1)));
        Assert.Same(planted, error.InnerException);
        Assert.Equal(planted.HResult, error.HResult);
        Assert.False(Pages.IsResident(test.File.State, 1));
        test.Store.Fails = static _ => null;
        Assert.Equal(Pages.Of(1), Pages.Read(test.File, Pages.Range(1)));
    }

    [Theory]
    [InlineData(3, 62)]
    [InlineData(514, 1024)]
    [InlineData(1000, 4097)]
    [InlineData(300_000, 70_001)]
    [InlineData(999_990, 10)]
    [Row(76)]
    public void An_unaligned_read_gets_the_right_bytes_by_aligned_reads_of_the_store(int offset, int length)
    {
        byte[] content = Pages.Pattern(1_000_000, seed: 76);
        using var test = new CachedFixture(content);
        Assert.Equal(content[offset..(offset + length)], Pages.Read(test.File, new ByteRange(offset, length)));
        Assert.All(test.Store.Reads, call =>
        {
            Assert.Equal(0, call.Offset % Pages.Bytes);
            Assert.True(call.Length % Pages.Bytes == 0 || call.Range.End == content.Length);
        });
    }

    [Fact]
    [Row(79)]
    public void A_write_of_a_part_of_an_absent_page_reads_that_page_and_writes_none()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(Pages.Bytes + 10, [7]);
        Assert.Equal([Pages.Range(1)], test.Store.Reads.Select(call => call.Range));
        Assert.Empty(test.Store.Writes);
        Assert.Equal([1, 7, 1], Pages.Read(test.File, new ByteRange(Pages.Bytes + 9, 3)));
    }

    [Fact]
    public void A_write_of_whole_pages_reads_nothing()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(Pages.Bytes, Pages.Of(7, 2));
        test.File.Write(4 * Pages.Bytes, [7]);
        Assert.Equal(0, test.Store.CallCount);
    }

    [Fact]
    [Row(80)]
    public void A_try_to_write_an_absent_page_says_no_and_a_later_one_hits()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var loaded = new ManualResetEventSlim();
        test.Store.After = call =>
        {
            if (call.Kind == StoreCallKind.Read) loaded.Set();
        };

        Assert.False(test.File.TryWrite(Pages.Bytes + 10, [7]));

        // The load began by itself; a reader that joins it knows when it has ended.
        loaded.Wait(TestContext.Current.CancellationToken);
        Assert.Equal(Pages.Of(1), Pages.Read(test.File, Pages.Range(1)));
        Assert.True(test.File.TryWrite(Pages.Bytes + 10, [7]));
        Assert.Single(test.Store.Reads);
        Assert.Equal(7, Pages.Read(test.File, new ByteRange(Pages.Bytes + 10, 1))[0]);
    }

    [Fact]
    [Row(80)]
    public void A_try_to_write_behind_the_end_leaves_nothing_that_keeps_the_file_from_closing()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        long offset = 100L * Pages.Bytes;
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!test.File.TryWrite(offset + 10, [7]))
        {
            // Another try takes another turn of the background's; the limit only ends a test that failed.
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
            Thread.Yield();
        }

        Assert.Equal(offset + 11, test.File.Length);
        Assert.False(test.File.TryWrite(300L * Pages.Bytes, [7]));
        while (!Pages.IsResident(test.File.State, 300))
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30));
            Thread.Yield();
        }

        test.File.Close();
        Assert.Equal(0, test.Cache.ResidentBytes);
        Assert.Equal(offset + 11, test.Store.Content.Length);
    }

    [Fact]
    public void While_somebody_holds_the_file_others_are_told_no_and_the_holder_yes()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Pages.Read(test.File, Pages.Range(0, 4));
        using (var hold = test.File.AcquireExclusive())
        {
            Assert.False(test.File.TryRead(0, new byte[1], out _));
            Assert.False(test.File.TryWrite(0, [7]));
            Assert.True(hold.TryWrite(0, [8]));
            Assert.True(hold.TryRead(0, new byte[1], out _));
        }

        Assert.Equal(8, Pages.Read(test.File, new ByteRange(0, 1))[0]);
    }
}
