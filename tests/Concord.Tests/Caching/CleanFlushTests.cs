namespace Concord.Tests.Caching;

/// <summary>A flush without a purge that has nothing to do answers at once, and only then.</summary>
public sealed class CleanFlushTests
{
    private const int Calls = 10_000;

    [Fact]
    public void It_allocates_nothing_and_asks_the_store_nothing()
    {
        using var test = Flushed();
        test.Store.ForgetCalls();
        Flush(test.File, 1000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Flush(test.File, Calls);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.Equal(0, test.Store.CallCount);
    }

    [Fact]
    public void It_makes_no_system_call() => Assert.Empty(TracedChild.CallsBetweenMarks("clean-flushes"));

    [Fact]
    public void It_says_how_much_of_the_range_is_in_the_store()
    {
        using var test = Flushed();
        long length = test.File.Length;
        Assert.Equal(length, test.File.FlushAndPurge(CoherencyOptions.NoPurge).BytesInStore);
        Assert.Equal(
            100, test.File.FlushAndPurge(new ByteRange(length - 100, 5000), CoherencyOptions.NoPurge).BytesInStore);
        Assert.Equal(
            0, test.File.FlushAndPurge(new ByteRange(length + 5, 5000), CoherencyOptions.NoPurge).BytesInStore);
        Assert.Equal(0, test.File.FlushAndPurge(new ByteRange(5, 0), CoherencyOptions.NoPurge).BytesInStore);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void A_length_that_was_set_shorter_or_longer_is_work_for_one_barrier(int pages)
    {
        using var test = Flushed();
        test.File.SetLength(test.File.Length + (pages * Pages.Bytes));
        test.Store.ForgetCalls();
        test.File.Flush();
        test.File.Flush();
        Assert.Single(test.Store.Barriers);
    }

    [Fact]
    public void While_somebody_holds_the_file_it_does_not_wait()
    {
        using var test = Flushed();
        using var hold = test.File.AcquireExclusive();
        Assert.Equal(test.File.Length, test.File.FlushAndPurge(CoherencyOptions.NoPurge).BytesInStore);
        Assert.True(test.File.FlushAndPurgeAsync(new ByteRange(0, 10), CoherencyOptions.NoPurge,
            TestContext.Current.CancellationToken).IsCompletedSuccessfully);
    }

    [Fact]
    public void Each_write_is_written_and_made_durable_by_the_next_flush()
    {
        using var test = Flushed();
        for (int i = 0; i < 50; i++)
        {
            test.File.Write(i * 700, [(byte)i]);
            test.Store.ForgetCalls();
            Assert.True(test.File.FlushAndPurge(CoherencyOptions.NoPurge).IsComplete);
            Assert.Single(test.Store.Writes);
            Assert.Single(test.Store.Barriers);
            Assert.Equal((byte)i, test.Store.Content[i * 700]);
        }
    }

    [Fact]
    public void What_a_sharer_hands_over_while_it_looks_is_flushed()
    {
        // The last writable view of a file is unmapped at that moment: what it wrote counts, and it can write no more.
        using var test = Flushed();
        bool hasHandedOver = false;
        var sharer = new TestSharer
        {
            IsUserView = true,
            Writes = _ =>
            {
                if (hasHandedOver) return false;
                hasHandedOver = true;
                TestSharer.WriteDown(test.File.Services, 0, [77]);
                return false;
            },
        };
        test.File.Services.AddSharer(sharer);

        Assert.True(test.File.FlushAndPurge(CoherencyOptions.NoPurge).IsComplete);
        Assert.Equal(77, test.Store.Content[0]);
        test.File.Services.RemoveSharer(sharer);
    }

    [Fact]
    public void A_barrier_that_is_owed_is_asked_for()
    {
        using var test = Flushed();
        test.Store.ForgetCalls();
        test.File.WriteUncached(0, new byte[10]);
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Single(test.Store.Barriers);
        test.File.SetLength(50_000);
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(2, test.Store.Barriers.Count);
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(2, test.Store.Barriers.Count);
    }

    [Fact]
    public void A_page_that_is_leased_for_writing_is_written_and_reported()
    {
        using var test = Flushed();
        test.Store.ForgetCalls();
        using (test.File.Lease(Pages.Range(1), LeaseAccess.Write))
        {
            Assert.Equal(CoherencyStatus.CachePageLocked, test.File.FlushAndPurge(CoherencyOptions.NoPurge).Status);
            Assert.Single(test.Store.Writes);
        }

        Assert.True(test.File.FlushAndPurge(CoherencyOptions.NoPurge).IsComplete);
        Assert.Equal(2, test.Store.Writes.Count);
    }

    [Fact]
    public void An_error_that_was_not_told_is_told()
    {
        using var test = Flushed();
        using var other = test.Cache.Open(test.Store, leaveOpen: true);
        test.File.Write(0, [1]);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("full") : null;
        Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge(CoherencyOptions.NoPurge));
        test.Store.Fails = static _ => null;
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Throws<WriteBackException>(() => other.FlushAndPurge(CoherencyOptions.NoPurge));
        Assert.True(other.FlushAndPurge(CoherencyOptions.NoPurge).IsComplete);
    }

    [Fact]
    public void A_sharer_that_can_write_is_asked_and_one_that_cannot_is_not()
    {
        using var test = Flushed();
        var sharer = new TestSharer();
        test.File.Services.AddSharer(sharer);
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(0, sharer.Collections);
        sharer.Writes = static range => range.Overlaps(Pages.Range(2));
        test.File.FlushAndPurge(Pages.Range(1), CoherencyOptions.NoPurge);
        Assert.Equal(0, sharer.Collections);
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(1, sharer.Collections);
        test.File.Services.RemoveSharer(sharer);
    }

    [Fact]
    public void A_closed_file_says_so()
    {
        using var test = Flushed();
        var other = test.Cache.Open(test.Store, leaveOpen: true);
        other.Close();
        Assert.Throws<ObjectDisposedException>(() => other.FlushAndPurge(CoherencyOptions.NoPurge));
    }

    /// <summary>The child: many flushes of a real file between two calls that a trace shows.</summary>
    internal static int Child()
    {
        string path = Path.GetTempFileName();
        try
        {
            using var cache = new FileCache(
                new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
            using var file = cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            file.Write(0, Pages.Of(1, 8));
            file.FlushAndPurge(CoherencyOptions.NoPurge);
            Flush(file, 1000);
            TracedChild.MarkBegin();
            Flush(file, Calls);
            TracedChild.MarkEnd();
            Console.WriteLine("done");
            return 0;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static CachedFixture Flushed()
    {
        var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(100, Pages.Of(2, 7));
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        return test;
    }

    private static void Flush(CachedFile file, int times)
    {
        for (int i = 0; i < times; i++)
        {
            var result = file.FlushAndPurge(new ByteRange(0, 1 + i), CoherencyOptions.NoPurge);
            var inStore = file.FlushAndPurgeAsync(new ByteRange(i, 100), CoherencyOptions.NoPurge);
            if (!result.IsComplete || result.BytesInStore != Math.Min(i + 1, file.Length)
                || !inStore.IsCompletedSuccessfully)
            {
                throw new InvalidOperationException("not flushed");
            }
        }
    }
}
