using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>Leases that write every byte anew, and leases that are given up.</summary>
public sealed class OverwriteLeaseTests
{
    [Fact]
    public void A_page_behind_the_end_is_zeros_that_are_nobodys_and_goes_with_its_lease()
    {
        var store = new ScriptedStore(Pages.Of(1, 2));
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 16 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.Zero,
        });
        using var file = cache.Open(store, leaveOpen: true);
        Assert.Null(file.LeaseBehindEnd(Pages.Bytes));
        var lease = file.LeaseBehindEnd(3 * Pages.Bytes)!;
        Assert.False(lease.Bytes.ContainsAnyExcept((byte)0));
        lease.Bytes.Fill(9);
        lease.Abort();
        Assert.Equal((2 * Pages.Bytes, 0L), (file.Length, cache.DirtyBytes));
        file.SetLength(4 * Pages.Bytes);
        Assert.Equal(new byte[Pages.Bytes], Pages.Read(file, Pages.Range(3)));
        Assert.Throws<IOException>(() => file.LeaseBehindEnd(1L << 45));
    }

    [Fact]
    [Row(28, 89)]
    public void What_is_overwritten_whole_is_not_read_begins_as_zeros_and_is_dirty_at_the_end()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using (var lease = test.File.Lease(Pages.Range(1, 2), LeaseAccess.Overwrite))
        {
            Assert.Empty(test.Store.Reads);
            Assert.Equal(-1, lease.Span.IndexOfAnyExcept((byte)0));
            Assert.Equal(0, test.Cache.DirtyBytes);
            lease.WritableSpan.Fill(7);
        }

        Assert.Equal(2 * Pages.Bytes, test.Cache.DirtyBytes);
        Assert.Equal(Pages.Of(7, 2), Pages.Read(test.File, Pages.Range(1, 2)));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal([.. Pages.Of(1), .. Pages.Of(7, 2), .. Pages.Of(1)], test.Store.Content);
    }

    [Fact]
    public void Pages_that_are_covered_in_part_are_loaded_and_the_files_last_page_counts_as_covered()
    {
        byte[] content = Pages.Of(1, 4)[..^100];
        using var test = new CachedFixture(content);
        var range = ByteRange.FromBounds(Pages.Bytes + 10, content.Length);
        using (var lease = test.File.Lease(range, LeaseAccess.Overwrite))
        {
            Assert.Equal([Pages.Range(1)], test.Store.Reads.Select(static call => call.Range));
            lease.WritableSpan.Fill(7);
        }

        test.File.FlushAndPurge();
        content.AsSpan((int)range.Offset).Fill(7);
        Assert.Equal(content, test.Store.Content);
        test.File.SetLength(4 * Pages.Bytes);
        Assert.Equal(new byte[100], Pages.Read(test.File, new ByteRange(content.Length, 100)));
    }

    [Theory]
    [InlineData(CoherencyOptions.None)]
    [InlineData(CoherencyOptions.NoPurge)]
    [Row(8, 27)]
    public void While_it_lasts_the_operation_reports_its_pages_and_writes_nothing_of_them(CoherencyOptions options)
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var lease = test.File.Lease(Pages.Range(1, 2), LeaseAccess.Overwrite);
        lease.WritableSpan.Fill(7);
        var result = test.File.FlushAndPurge(options);
        Assert.Equal(CoherencyStatus.CachePageLocked, result.Status);
        Assert.Equal([new LeftRange(Pages.Range(1, 2), LeftReason.Lease, null)], result.Left);
        Assert.Empty(test.Store.Writes);
        Assert.Equal(7, lease.Span[5]);
    }

    [Fact]
    [Row(91)]
    public void Given_up_it_leaves_the_stores_bytes_and_nothing_dirty()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Pages.Read(test.File, Pages.Range(2));
        var lease = test.File.Lease(Pages.Range(1, 2), LeaseAccess.Overwrite);
        lease.WritableSpan.Fill(7);
        lease.Abort();
        lease.Abort();
        Assert.Throws<ObjectDisposedException>(() => lease.Span.Length);
        Assert.Equal(0, test.Cache.DirtyBytes);
        test.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Empty(test.Store.Writes);

        // One was absent, the other clean: both show the store.
        Assert.Equal(Pages.Of(1, 2), Pages.Read(test.File, Pages.Range(1, 2)));
    }

    [Fact]
    public void A_page_that_was_dirty_keeps_what_a_lease_wrote_that_was_given_up_and_a_clean_one_does_not()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(10, [5]);
        Pages.Read(test.File, Pages.Range(1));
        using (var lease = test.File.Lease(Pages.Range(0, 2), LeaseAccess.Write))
        {
            lease.WritableSpan[20] = 6;
            lease.WritableSpan[Pages.Bytes + 20] = 6;
            lease.Abort();
        }

        Assert.Equal(Pages.Bytes, test.Cache.DirtyBytes);
        test.File.FlushAndPurge();
        byte[] stored = test.Store.Content;
        Assert.Equal([5, 6, 1], new[] { stored[10], stored[20], stored[Pages.Bytes + 20] });
        Assert.Equal(1, Pages.Read(test.File, new ByteRange(Pages.Bytes + 20, 1))[0]);
    }

    [Fact]
    public void A_page_that_was_flushed_under_a_lease_that_is_given_up_agrees_with_the_store_in_the_end()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var lease = test.File.Lease(Pages.Range(0), LeaseAccess.Write);
        lease.WritableSpan[0] = 5;
        SyncCompletion.Result(
            test.File.Services.WriteBack.WriteAsync(Pages.Range(0), CallMode.Blocking, CancellationToken.None));
        lease.WritableSpan[0] = 6;
        lease.Abort();

        // It may not leave memory before a barrier, so it is written once more.
        byte seen = Pages.Read(test.File, new ByteRange(0, 1))[0];
        test.File.FlushAndPurge();
        Assert.Equal(seen, test.Store.Content[0]);
        Assert.Equal(seen, Pages.Read(test.File, new ByteRange(0, 1))[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_reads_or_writes_a_page_that_is_overwritten_waits_without_the_file(bool aborts)
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var token = TestContext.Current.CancellationToken;
        var lease = await test.File.LeaseAsync(Pages.Range(1), LeaseAccess.Overwrite, token);
        byte[] read = new byte[2 * Pages.Bytes], below = new byte[1];
        var reading = test.File.ReadAsync(0, read, token).AsTask();
        var writing = test.File.WriteAsync(Pages.Bytes + 5, new byte[] { 3 }, token).AsTask();
        var paging = test.File.Services.Paging.ReadAsync(Pages.Bytes + 9, below, CallMode.Async, token).AsTask();
        var leasing = test.File.LeaseAsync(Pages.Range(1), LeaseAccess.Read, token).AsTask();
        Assert.False(test.File.TryRead(Pages.Bytes, new byte[1], out _));
        Assert.False(await test.File.Services.Paging.WriteAsync(Pages.Bytes, new byte[] { 1 }, CallMode.Async, token));

        // The holder can still use the file alone.
        Assert.Equal(CoherencyStatus.CachePageLocked, test.File.FlushAndPurge().Status);
        Assert.False(reading.IsCompleted || writing.IsCompleted || paging.IsCompleted || leasing.IsCompleted);
        lease.WritableSpan.Fill(7);
        if (aborts) lease.Abort();
        else lease.Dispose();

        await writing;
        byte expected = aborts ? (byte)1 : (byte)7;
        Assert.Equal(2 * Pages.Bytes, await reading);
        Assert.Equal(1, await paging);
        Assert.Equal((1, expected, expected), (read[0], read[Pages.Bytes + 9], below[0]));
        using var other = await leasing;
        Assert.Equal(3, other.Span[5]);
    }

    [Fact]
    public void Closing_cutting_discarding_and_giving_up_a_section_behave_under_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var lease = test.File.Lease(Pages.Range(1, 2), LeaseAccess.Overwrite);
        var refusal = Assert.Throws<InvalidOperationException>(test.File.Close);
        Assert.Contains("1 range is held, by a ", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<PagesHeldException>(() => test.File.SetLength(Pages.Bytes));
        Assert.False(test.File.Discard(Pages.Range(0, 4)));
        Assert.False(test.File.State.IsIdle());
        test.Cache.Services.Evictor.Sweep(64);
        lease.WritableSpan.Fill(7);
        test.File.WriteUncached(Pages.Bytes, new byte[] { 9 });
        lease.Dispose();
        Assert.Equal(Pages.Of(7, 2), Pages.Read(test.File, Pages.Range(1, 2)));
        test.File.SetLength(Pages.Bytes);
        test.File.Close();
        Assert.Equal(Pages.Of(1), test.Store.Content);
    }

    [Fact]
    public void It_may_be_larger_than_the_capacity_and_waits_for_nothing_of_its_own()
    {
        const int Capacity = 16;
        using var test = new CachedFixture(Pages.Of(1, 100), Capacity);
        Pages.Read(test.File, Pages.Range(90, 4));
        using (var lease = test.File.Lease(Pages.Range(0, 80), LeaseAccess.Overwrite))
        {
            lease.WritableSpan.Fill(7);
            Assert.Equal(1, Pages.Read(test.File, Pages.Range(95))[0]);
        }

        test.File.FlushAndPurge();
        test.Cache.Services.Evictor.SweepExcess();
        Assert.True(test.Cache.ResidentBytes <= test.Cache.CapacityBytes);
        Assert.Equal([.. Pages.Of(7, 80), .. Pages.Of(1, 20)], test.Store.Content);
    }

    [Fact]
    public void Zeros_that_were_never_written_stay_zeros_when_it_is_given_up()
    {
        using var test = new CachedFixture([]);
        test.File.SetLength(4 * Pages.Bytes);
        var lease = test.File.Lease(Pages.Range(1), LeaseAccess.Overwrite);
        lease.WritableSpan.Fill(7);
        lease.Abort();
        Assert.Equal(new byte[Pages.Bytes], Pages.Read(test.File, Pages.Range(1)));
        Assert.Equal(0, test.File.State.Sizes.ValidLength);
        test.File.Lease(Pages.Range(1), LeaseAccess.Overwrite).Dispose();
        Assert.Equal(2 * Pages.Bytes, test.File.State.Sizes.ValidLength);
    }

    [Fact]
    public void A_lease_whose_load_fails_holds_nothing()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.Store.Fails = static call => call.Kind == StoreCallKind.Read ? new IOException("planted") : null;
        Assert.Throws<IOException>(
            () => test.File.Lease(ByteRange.FromBounds(0, Pages.Bytes + 10), LeaseAccess.Overwrite));
        test.Store.Fails = static _ => null;
        Assert.Equal((0, 0), (test.Cache.DirtyBytes, test.Cache.State.Counters.Leased));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(1, 4), test.Store.Content);
    }

    [Fact]
    public async Task A_page_that_the_store_is_taking_is_lent_for_writing_only_afterwards()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(0, [7]);
        Task<PageLease>? writing = null, overwriting = null;
        bool isLentEarly = true;
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write || writing is not null) return;
            Elsewhere.Do(() =>
            {
                writing = test.File.LeaseAsync(Pages.Range(0), LeaseAccess.Write).AsTask();
                overwriting = test.File.LeaseAsync(Pages.Range(0), LeaseAccess.Overwrite).AsTask();
                isLentEarly = writing.IsCompleted || overwriting.IsCompleted;
                if (!isLentEarly) test.File.Lease(Pages.Range(0)).Dispose();
            });
        };
        var (_, error) = SyncCompletion.Result(
            test.File.Services.WriteBack.WriteAsync(Pages.Range(0, 4), CallMode.Blocking, CancellationToken.None));
        Assert.Null(error);

        // One after the other, in whatever order.
        Assert.False(isLentEarly);
        Task<PageLease>[] both = [writing!, overwriting!];
        var first = await Task.WhenAny(both);
        (await first).Dispose();
        foreach (var lease in both) (await lease).Dispose();
    }
}
