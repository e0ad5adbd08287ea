using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>Whatever concerns a range concerns each of its extents: not the first one alone.</summary>
public sealed class ManyExtentTests
{
    private const int Extents = 3;
    private static readonly int All = Extents * Pages.PerExtent;

    /// <summary>Pages of which each lies in another extent; the last two end and begin one.</summary>
    private static readonly int[] Scattered = [1, Pages.PerExtent + 2, 2 * Pages.PerExtent - 1, 2 * Pages.PerExtent];

    [Fact]
    public async Task A_flush_waits_for_writes_of_others_in_each_extent()
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
        using var goOn = new ManualResetEventSlim();
        int last = (Extents - 1) * Pages.PerExtent + 3;
        Pages.Read(test.File, Pages.Range(0, All));
        test.File.Write(last * (long)Pages.Bytes, Pages.Of(2));
        test.Store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Write && call.Offset == last * (long)Pages.Bytes) goOn.Wait();
        };
        var lazy = Task.Run(() => test.Cache.LazyWriter.PassAsync(CancellationToken.None).AsTask());
        Patience.Await(() => test.Store.Writes.Count == 1);
        CoherencyResult result = default;
        var flush = new Thread(() => result = test.File.FlushAndPurge(Pages.Range(0, All), CoherencyOptions.NoPurge));
        flush.Start();

        // It has nothing to write, and nothing to tell before the write of the other is in the store.
        Patience.Await(() => !flush.IsAlive || (flush.ThreadState & ThreadState.WaitSleepJoin) != 0);
        var (waits, barriers) = (flush.IsAlive, test.Store.Barriers.Count);
        goOn.Set();
        flush.Join();
        Assert.Equal((true, 0), (waits, barriers));
        Assert.Equal((CoherencyStatus.Success, All * (long)Pages.Bytes), (result.Status, result.BytesInStore));
        Assert.Equal(2, test.Store.Content[last * Pages.Bytes]);
        await lazy;
    }

    [Fact]
    public void A_run_carries_the_highest_log_number_of_all_its_extents()
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 4 * All);
        var log = new TestLog();
        test.File.SetLog(log);
        using (var lease = test.File.Lease(Pages.Range(0, All), LeaseAccess.Write)) lease.SetLogSequence(3);
        int late = Pages.PerExtent + 1;
        using (var lease = test.File.Lease(Pages.Range(late), LeaseAccess.Write)) lease.SetLogSequence(12);
        test.Store.Before = call => Assert.True(call.Kind != StoreCallKind.Write || log.Durable == 12);
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal([12], log.Flushes);
    }

    [Fact]
    public async Task A_load_under_way_in_any_extent_brings_nothing_old_in_behind_a_purge()
    {
        foreach (int page in Scattered)
        {
            using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
            var read = new TaskCompletionSource();
            test.Store.ReadsEnd = () => read.Task;

            // Every extent is there, so that each has an epoch of its own.
            var loading = Scattered.Select(at => test.File.Services.Loader.EnsureResidentAsync(
                at / Pages.PerExtent, 1UL << (at % Pages.PerExtent), CallMode.Async, CancellationToken.None).AsTask());
            Task[] loads = [.. loading];
            Assert.Equal(Scattered.Length, test.Store.Reads.Count);
            test.Store.Put(0, Pages.Of(2, All));
            test.Store.ReadsEnd = static () => Task.CompletedTask;
            await test.File.FlushAndPurgeAsync(Pages.Range(0, All),
                cancellationToken: TestContext.Current.CancellationToken);
            read.SetResult();
            await Task.WhenAll(loads);
            Assert.Equal(2, Pages.Read(test.File, Pages.Range(page))[0]);
        }
    }

    [Fact]
    public async Task A_load_under_way_in_any_extent_brings_nothing_in_behind_a_cut()
    {
        foreach (int page in Scattered.Where(static page => page > 0))
        {
            using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
            var read = new TaskCompletionSource();
            test.Store.ReadsEnd = () => read.Task;
            Task load = test.File.Services.Loader.EnsureResidentAsync(page / Pages.PerExtent,
                1UL << (page % Pages.PerExtent), CallMode.Async, CancellationToken.None).AsTask();
            test.Store.ReadsEnd = static () => Task.CompletedTask;
            test.File.SetLength((long)page * Pages.Bytes);
            test.File.SetLength(All * (long)Pages.Bytes);
            read.SetResult();
            await load;
            Assert.Equal(0, Pages.Read(test.File, Pages.Range(page))[0]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_barrier_ends_in_each_extent(bool fails)
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
        foreach (int page in Scattered) test.File.Write(page * (long)Pages.Bytes, Pages.Of(2));
        test.Store.Fails = call => fails && call.Kind == StoreCallKind.Barrier ? new IOException("planted") : null;
        if (fails) Assert.Throws<WriteBackException>(() => test.File.Flush());
        else Assert.True(test.File.Flush().IsComplete);
        foreach (int page in Scattered) Assert.Equal(fails, Pages.IsDirty(test.File.State, page));
        foreach (var extent in test.File.State.Extents.All)
        {
            lock (extent) Assert.Equal(0UL, extent.Unstable);
        }

        test.Store.Fails = static _ => null;
        test.Store.ForgetCalls();

        // What a failed barrier was to cover is written again in every extent.
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(fails ? Scattered.Length : 0, test.Store.Writes.Sum(static call => call.Length / Pages.Bytes));
        foreach (int page in Scattered) Assert.Equal(2, test.Store.Content[page * Pages.Bytes]);
    }

    [Fact]
    public void A_run_that_is_refused_is_dirty_again_in_each_extent()
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
        test.File.Write(0, Pages.Of(2, All));
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
        for (int page = 0; page < All; page++) Assert.True(Pages.IsDirty(test.File.State, page), $"page {page}");
        test.Store.Fails = static _ => null;
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(2, All), test.Store.Content);
    }

    [Fact]
    public void A_run_that_lacks_a_page_at_the_beginning_of_an_extent_ends_there()
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
        Pages.Read(test.File, Pages.Range(0, All));
        test.File.Write(0, Pages.Of(2, Pages.PerExtent));
        test.File.Write((Pages.PerExtent + 1) * (long)Pages.Bytes, Pages.Of(3, Pages.PerExtent - 1));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        byte[] expected = [.. Pages.Of(2, Pages.PerExtent), .. Pages.Of(1), .. Pages.Of(3, Pages.PerExtent - 1),
            .. Pages.Of(1, Pages.PerExtent)];
        Assert.Equal(expected, test.Store.Content);
        Assert.Equal(2, test.Store.Writes.Count);
    }

    [Fact]
    public void A_run_passes_over_no_extent_that_is_not_there()
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
        test.File.Write((Pages.PerExtent - 1) * (long)Pages.Bytes, Pages.Of(2));
        test.File.Write(2 * Pages.PerExtent * (long)Pages.Bytes, Pages.Of(3));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        byte[] expected = Pages.Of(1, All);
        expected.AsSpan((Pages.PerExtent - 1) * Pages.Bytes, Pages.Bytes).Fill(2);
        expected.AsSpan(2 * Pages.PerExtent * Pages.Bytes, Pages.Bytes).Fill(3);
        Assert.Equal(expected, test.Store.Content);
    }

    [Fact]
    public void Pages_that_stayed_below_an_uncached_write_get_its_bytes_in_each_extent()
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
        var leases = Scattered.Select(page => test.File.Lease(Pages.Range(page))).ToList();
        byte[] bytes = Pages.Pattern(All * Pages.Bytes - 300, seed: 4);
        Assert.Equal(CoherencyStatus.CachePageLocked, test.File.WriteUncached(100, bytes).Status);
        foreach (var lease in leases)
        {
            Assert.Equal(bytes.AsSpan((int)lease.Range.Offset - 100, Pages.Bytes), lease.Span);
            lease.Dispose();
        }

        Assert.Equal(bytes, Pages.Read(test.File, new ByteRange(100, bytes.Length)));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(bytes, test.Store.Content[100..^200]);
    }

    [Fact]
    public void What_changed_below_a_suspension_reaches_pages_that_stayed_in_each_extent()
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
        var leases = Scattered.Select(page => test.File.Lease(Pages.Range(page), LeaseAccess.Write)).ToList();
        using (var hold = test.File.AcquireExclusive())
        {
            var suspended = hold.Suspend(Pages.Range(0, All));
            foreach (int page in Scattered) test.Store.Put((page * (long)Pages.Bytes) + 7, 9, 9);
            foreach (var lease in leases)
            {
                lease.WritableSpan[100] = 5;
                lease.Dispose();
            }

            // They are dirty now, and no write-back of the range comes between, whichever extent it concerns.
            test.Store.ForgetCalls();
            SyncCompletion.Result(test.Cache.LazyWriter.PassAsync(CancellationToken.None));
            Assert.Empty(test.Store.Writes);
            foreach (int page in Scattered) Assert.True(Pages.IsDirty(test.File.State, page));
            suspended.Resume();
        }

        foreach (int page in Scattered) Check(Pages.Read(test.File, Pages.Range(page)));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        foreach (int page in Scattered) Check(test.Store.Content[(page * Pages.Bytes)..]);

        static void Check(byte[] page) => Assert.Equal((9, 9, 5), (page[7], page[8], page[100]));
    }

    [Fact]
    public void A_cut_takes_the_pages_of_each_extent_and_the_rest_of_its_own_page()
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
        test.File.Write(0, Pages.Of(2, All));
        int end = (Pages.PerExtent * Pages.Bytes) + 700;
        test.File.SetLength(end);
        test.File.SetLength(All * (long)Pages.Bytes);
        byte[] got = Pages.Read(test.File, Pages.Range(0, All));
        Assert.Equal(-1, got.AsSpan(0, end).IndexOfAnyExcept((byte)2));
        Assert.Equal(-1, got.AsSpan(end).IndexOfAnyExcept((byte)0));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(got, test.Store.Content);
    }

    [Fact]
    public void A_discard_takes_whole_pages_of_each_extent_and_no_part_of_one()
    {
        using var test = new CachedFixture(Pages.Of(1, All), capacityPages: 2 * All);
        test.File.Write(0, Pages.Of(2, All));
        Assert.True(test.File.Discard(ByteRange.FromBounds(Pages.Bytes + 1, (All - 1) * (long)Pages.Bytes - 1)));
        Assert.Equal([.. Pages.Of(2, 2), .. Pages.Of(1, All - 4), .. Pages.Of(2, 2)], Pages.Read(test.File,
            Pages.Range(0, All)));
    }

    [Fact]
    public void Copies_over_the_ends_of_extents_read_and_write_the_right_bytes()
    {
        byte[] model = Pages.Pattern(All * Pages.Bytes, seed: 5);
        using var test = new CachedFixture(model, capacityPages: 2 * All);
        int reach = Pages.Bytes + 13;
        for (int extent = 1; extent < Extents; extent++)
        {
            int start = (extent * Pages.PerExtent * Pages.Bytes) - (reach / 2);
            for (int round = 0; round < 2; round++)
            {
                Assert.Equal(model[start..(start + reach)], Pages.Read(test.File, new ByteRange(start, reach)));
                byte[] bytes = Pages.Pattern(reach, seed: start + round);
                test.File.Write(start, bytes);
                bytes.CopyTo(model, start);
            }
        }

        Assert.Equal(model, Pages.Read(test.File, Pages.Range(0, All)));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(model, test.Store.Content);
    }
}
