using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>
/// A holder keeps everybody out of a range, writes the store by a way of his own, and lets them in again.
/// </summary>
public sealed class SuspendedRangeTests
{
    /// <summary>How long a test waits for a step that must not come.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    [Fact]
    public void What_was_written_below_a_suspended_range_is_read_after_it_is_resumed()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Pages.Read(test.File, Pages.Range(0, 4));
        test.File.Write(Pages.Bytes + 5, [7]);
        using (var hold = test.File.AcquireExclusive())
        {
            var suspended = hold.Suspend(Pages.Range(1, 2));
            Assert.Equal(CoherencyStatus.Success, suspended.Result.Status);
            Assert.Equal(2, suspended.Result.PagesPurged);
            Assert.Equal(7, test.Store.Content[Pages.Bytes + 5]);
            test.Store.Put(Pages.Bytes, Pages.Of(9, 2));
            suspended.Resume();
            suspended.Resume();
            Assert.Equal(Pages.Of(9, 2), Pages.Read(hold, Pages.Range(1, 2)));
        }

        Assert.Equal(1, Pages.Read(test.File, Pages.Range(3))[0]);
        Assert.Equal(4, test.File.FlushAndPurge().PagesPurged);
        Assert.NotEmpty(test.Store.Barriers);
    }

    [Fact]
    public async Task A_load_of_a_suspended_page_waits_until_it_is_resumed_and_sees_the_new_bytes()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var hold = await test.File.AcquireExclusiveAsync(TestContext.Current.CancellationToken);
        var suspended = await hold.SuspendAsync(Pages.Range(0), TestContext.Current.CancellationToken);
        byte[] seen = new byte[1];
        var read = test.File.Services.Paging.ReadAsync(0, seen, CallMode.Async, CancellationToken.None).AsTask();
        Assert.False(read.IsCompleted);
        Assert.Empty(test.Store.Reads);
        test.Store.Put(0, 9);
        await suspended.ResumeAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, await read);
        Assert.Equal(9, seen[0]);
    }

    [Fact]
    public void The_holder_writes_the_store_only_when_no_write_back_is_on_its_way_there()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var services = test.File.Services;
        using var isWriting = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        Thread? lazy = null;
        var sharer = new TestSharer();
        sharer.OnInvalidate = _ =>
        {
            // A page that is written down in the last round is not dropped, and is being written back.
            SyncCompletion.Result(services.Paging.WriteAsync(
                100, new byte[] { 8 }, CallMode.Blocking, CancellationToken.None));
            if (sharer.Invalidations < 3) return [];
            test.Store.Before = call =>
            {
                if (call.Kind != StoreCallKind.Write) return;
                isWriting.Set();
                mayEnd.Wait();
            };
            lazy = new Thread(() => SyncCompletion.Result(services.WriteBack.WriteAsync(
                Pages.Range(0, 4), CallMode.Blocking, CancellationToken.None, pagesMax: 4, flushes: false)));
            lazy.Start();
            isWriting.Wait();
            return [];
        };
        services.AddSharer(sharer);
        using (var hold = test.File.AcquireExclusive())
        {
            SuspendedRange? suspended = null;
            var holder = new Thread(() => suspended = hold.Suspend(Pages.Range(0, 2)));
            holder.Start();
            Patience.Await(() => isWriting.IsSet);
            Patience.Await(() => test.File.State.Extents.Find(0)!.WriteBackSuspended != 0);
            bool waits = !holder.Join(Moment);
            mayEnd.Set();
            holder.Join();
            lazy!.Join();
            Assert.True(waits);
            test.Store.Put(100, 9);
            suspended!.Resume();
            Assert.Equal(9, Pages.Read(hold, new ByteRange(100, 1))[0]);
        }

        services.RemoveSharer(sharer);
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(9, test.Store.Content[100]);
    }

    [Fact]
    public void Pages_that_stayed_get_what_changed_in_the_store_and_keep_what_their_lease_wrote_meanwhile()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using (var reading = test.File.Lease(Pages.Range(1)))
        using (var writing = test.File.Lease(Pages.Range(0), LeaseAccess.Write))
        {
            writing.WritableSpan[0] = 2;
            using (var hold = test.File.AcquireExclusive())
            using (var suspended = hold.Suspend(Pages.Range(0, 2)))
            {
                Assert.Equal(CoherencyStatus.CachePageLocked, suspended.Result.Status);
                Assert.Equal(2, test.Store.Content[0]);
                writing.WritableSpan[10] = 3;
                test.Store.Put(20, [4, 4]);
                test.Store.Put(Pages.Bytes + 30, [5]);
            }

            Assert.Equal([2, 3, 4, 4, 1],
                new[] { writing.Span[0], writing.Span[10], writing.Span[20], writing.Span[21], writing.Span[22] });
            Assert.Equal(5, reading.Span[30]);
        }

        Assert.True(test.File.FlushAndPurge().IsComplete);
        byte[] stored = test.Store.Content;
        Assert.Equal([2, 3, 4, 5], new[] { stored[0], stored[10], stored[20], stored[Pages.Bytes + 30] });
    }

    [Theory]
    [InlineData(2)]
    [InlineData(6)]
    public void The_file_grows_with_the_store_and_only_to_the_end_of_the_range(int pages)
    {
        using var test = new CachedFixture(Pages.Of(1, 2));
        test.File.Write((2 * Pages.Bytes) - 1, [7, 7, 7]);
        long before = test.File.Length;
        using var hold = test.File.AcquireExclusive();
        using (hold.Suspend(ByteRange.FromBounds(before, before + (3 * Pages.Bytes))))
        {
            test.Store.Put(before, Pages.Of(8, pages));
        }

        Assert.Equal(before + (Math.Min(pages, 3) * Pages.Bytes), hold.Length);
        Assert.Equal([7, 7, 8, 8], Pages.Read(hold, new ByteRange(before - 2, 4)));
    }

    [Fact]
    public void The_holder_is_told_when_he_asks_for_a_page_that_he_has_suspended_himself()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var hold = test.File.AcquireExclusive();
        using var suspended = hold.Suspend(new ByteRange(Pages.Bytes + 100, 10));
        Action[] calls =
        [
            () => hold.Read(Pages.Bytes, new byte[1]),
            () => hold.Write((2 * Pages.Bytes) - 1, [1]),
            () => hold.Lease(Pages.Range(1)),
            () => hold.Lease(Pages.Range(1), LeaseAccess.Overwrite),
            () => hold.FlushAndPurge(),
            () => hold.FlushAndPurge(Pages.Range(1), CoherencyOptions.NoPurge),
            () => hold.Discard(Pages.Range(0, 2)),
            () => hold.SetLength(3),
            () => hold.ReadUncached(Pages.Bytes, new byte[1]),
            () => hold.WriteUncached(Pages.Bytes, new byte[1]),
            () => hold.Suspend(Pages.Range(1)),
        ];
        foreach (var call in calls)
            Assert.Contains("suspended", Assert.Throws<InvalidOperationException>(call).Message,
                StringComparison.Ordinal);
        Assert.False(hold.TryRead(Pages.Bytes, new byte[1], out _));

        // Its neighbours are free.
        hold.Write(0, [5]);
        Assert.True(hold.FlushAndPurge(Pages.Range(2, 2)).IsComplete);
        Assert.Equal(5, Pages.Read(hold, Pages.Range(0))[0]);
    }

    [Fact]
    public void A_store_that_reads_through_the_hold_what_is_written_below_it_gets_an_error()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var hold = test.File.AcquireExclusive();
        var errors = new List<Exception?>();
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write) return;
            errors.Add(Record.Exception(() => hold.Read(0, new byte[1])));
            errors.Add(Record.Exception(() => hold.FlushAndPurge()));
            errors.Add(Record.Exception(() => hold.Read(3 * Pages.Bytes, new byte[1])));
        };
        hold.WriteUncached(100, new byte[10]);
        Assert.Equal([typeof(InvalidOperationException), typeof(InvalidOperationException), null],
            errors.Select(static error => error?.GetType()));
        Assert.Equal(0, Pages.Read(hold, new ByteRange(100, 1))[0]);
    }

    [Fact]
    public void A_resumption_that_cannot_read_the_store_throws_and_the_next_succeeds()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var lease = test.File.Lease(Pages.Range(0));
        using var hold = test.File.AcquireExclusive();
        using var suspended = hold.Suspend(Pages.Range(0));
        test.Store.Put(0, 9);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Read ? new IOException("planted") : null;
        Assert.Throws<IOException>(suspended.Resume);
        Assert.Throws<InvalidOperationException>(() => hold.Read(0, new byte[1]));
        test.Store.Fails = static _ => null;
        suspended.Resume();
        Assert.Equal(9, lease.Span[0]);
        Assert.Equal(9, Pages.Read(hold, Pages.Range(0))[0]);
    }

    [Fact]
    public void Giving_up_a_suspension_never_throws_and_tells_that_old_bytes_may_cover_the_new_ones()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using (var lease = test.File.Lease(Pages.Range(0), LeaseAccess.Write))
        {
            using (var hold = test.File.AcquireExclusive())
            {
                // The hold ends with its suspensions.
                hold.Suspend(Pages.Range(0));
                test.Store.Put(0, 9);
                test.Store.Fails = static call => call.Kind == StoreCallKind.Read ? new IOException("planted") : null;
            }

            Assert.Equal(1, lease.Span[0]);
            test.Store.Fails = static _ => null;
        }

        var told = Assert.Throws<WriteBackException>(() => test.File.FlushAndPurge());
        Assert.Contains("below a suspended range", told.Message, StringComparison.Ordinal);
        Assert.True(test.File.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void A_range_whose_flush_fails_is_not_suspended()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(0, [7]);
        using var hold = test.File.AcquireExclusive();
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        Assert.Throws<WriteBackException>(() => hold.Suspend(Pages.Range(0, 2)));
        Assert.Equal([7], Pages.Read(hold, new ByteRange(0, 1)));
        test.Store.Fails = static _ => null;
        hold.Suspend(Pages.Range(0, 2)).Resume();
        Assert.Equal(7, test.Store.Content[0]);
    }

    [Fact]
    public void Ranges_that_cannot_be_suspended_are_refused_and_an_empty_one_suspends_nothing()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var hold = test.File.AcquireExclusive();
        Assert.Throws<ArgumentOutOfRangeException>(() => hold.Suspend(new ByteRange(0, long.MaxValue)));
        Assert.Throws<ArgumentOutOfRangeException>(() => hold.Suspend(new ByteRange(1L << 60, 1)));
        using (hold.Suspend(new ByteRange(10, 0))) Assert.Equal(10, hold.Read(0, new byte[10]));
        hold.Dispose();
        Assert.Throws<ObjectDisposedException>(() => hold.Suspend(Pages.Range(0)));
    }

    [Fact]
    public void A_suspension_of_much_that_is_not_cached_leaves_no_state_behind()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        using var hold = test.File.AcquireExclusive();
        using (hold.Suspend(new ByteRange(0, 1L << 30)))
            Assert.Equal(1 << 12, test.File.State.Extents.All.ToList().Count);
        Assert.Empty(test.File.State.Extents.All.ToList());
        Assert.Equal(4 * Pages.Bytes, hold.Length);
    }

    [Fact]
    public void Who_needs_room_while_all_that_is_dirty_is_suspended_gets_an_error_and_does_not_spin()
    {
        const int Capacity = 16;
        using var test = new CachedFixture(Pages.Of(1, 64), Capacity);
        using var other = test.Cache.Open(new ScriptedStore(Pages.Of(2, 4)));
        var lease = test.File.Lease(Pages.Range(0, Capacity), LeaseAccess.Write);
        using (var hold = test.File.AcquireExclusive())
        using (hold.Suspend(Pages.Range(0, Capacity)))
        {
            // Dirty from now on, and no longer leased.
            lease.Dispose();
            Assert.Contains("suspended", Assert.Throws<IOException>(() => Pages.Read(other, Pages.Range(0))).Message,
                StringComparison.Ordinal);
            Assert.Contains("suspended", Assert.Throws<IOException>(() => Pages.Read(hold, Pages.Range(20))).Message,
                StringComparison.Ordinal);
            Assert.Contains("suspended", Assert.Throws<IOException>(() => other.Write(0, [1])).Message,
                StringComparison.Ordinal);
        }

        other.Write(0, [1]);
        Assert.Equal(2, Pages.Read(other, Pages.Range(1))[0]);
    }
}
