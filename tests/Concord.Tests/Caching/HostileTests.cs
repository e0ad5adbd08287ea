using Concord.Scheduling;
using Concord.Tests.Caching.Views;

namespace Concord.Tests.Caching;

/// <summary>Stores, sharers, threads and systems that do the worst they may.</summary>
public sealed class HostileTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public void What_a_sharer_cannot_drop_is_left_even_where_the_section_has_not_got_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        var sharer = new TestSharer
        {
            OnInvalidate = static _ => [new LeftRange(Pages.Range(2, 3), LeftReason.View, "a mount")],
        };
        test.File.Services.AddSharer(sharer);
        _ = Pages.Read(test.File, Pages.Range(3));
        using (test.File.Lease(Pages.Range(4)))
        {
            var result = test.File.FlushAndPurge();
            Assert.Equal(CoherencyStatus.CachePageLocked, result.Status);
            Assert.Equal(
                [new LeftRange(Pages.Range(2, 2), LeftReason.View, "a mount"),
                    new LeftRange(Pages.Range(4), LeftReason.Lease)],
                result.Left);
        }

        Assert.True(test.File.FlushAndPurge(Pages.Range(6, 2)).IsComplete);
        test.File.Services.RemoveSharer(sharer);
    }

    [Fact]
    public void A_flush_that_gets_no_thread_to_help_writes_everything_itself()
    {
        var store = new ScriptedStore(new byte[64 * Pages.Bytes]);
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero },
            new NoThreadsScheduler());
        using var file = cache.Open(store);
        for (int page = 0; page < 20; page += 2) file.Write(page * Pages.Bytes, Pages.Of(7));
        Assert.True(file.FlushAndPurge().IsComplete);
        Assert.Equal(10, store.Content.Chunk(Pages.Bytes).Count(static page => page.All(static b => b == 7)));
    }

    [Fact]
    public void A_refused_uncached_write_to_a_store_that_cannot_be_asked_throws_its_own_error_and_owes_a_barrier()
    {
        using var store = new SilentStore();
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store, leaveOpen: true);
        store.IsSilent = true;
        var error = Assert.Throws<IOException>(() => file.WriteUncached(0, Pages.Of(9)));
        Assert.Equal("no write", error.Message);
        Assert.True(file.State.Ledger.IsOwed);
        store.IsSilent = false;
        file.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(1, store.Barriers);
    }

    [Fact]
    public void A_suspension_that_is_given_up_owes_a_barrier_for_what_was_written_below_it()
    {
        using var store = new SilentStore();
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store, leaveOpen: true);
        using (var hold = file.AcquireExclusive())
        {
            var suspended = hold.Suspend(Pages.Range(0));
            store.IsSilent = true;
            suspended.Dispose();
            store.IsSilent = false;
        }

        Assert.True(file.State.Ledger.IsOwed);
        Assert.Throws<WriteBackException>(() => file.FlushAndPurge());
        Assert.Equal(1, store.Barriers);
    }

    [Fact]
    public void Who_needs_room_that_only_a_stuck_copy_could_give_gets_an_error_and_does_not_spin()
    {
        using var test = new CachedFixture(Pages.Of(1, 64), capacityPages: 16);
        test.Cache.State.ReaderLimit = TimeSpan.Zero;
        _ = Pages.Read(test.File, Pages.Range(0, 16));
        using (var stuck = new StuckCopy(test.File.State, page: 0, pages: 16))
        {
            var error = Assert.Throws<IOException>(() => Pages.Read(test.File, Pages.Range(20)));
            Assert.Contains("the cache is full", error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(Pages.Of(1), Pages.Read(test.File, Pages.Range(20)));
    }

    [Fact]
    public async Task Whoever_waits_for_a_lease_ends_when_he_is_cancelled()
    {
        using var test = new CachedFixture(Pages.Of(1, 8));
        using var mine = test.File.Lease(Pages.Range(0), LeaseAccess.Exclusive);
        using var cancel = new CancellationTokenSource();
        var waiting = test.File.LeaseAsync(Pages.Range(0), LeaseAccess.Read, cancel.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => waiting.WaitAsync(Limit, TestContext.Current.CancellationToken));
        Assert.NotEqual(0, test.Cache.State.Counters.Leased);
    }

    [Fact]
    public void What_a_holder_tries_to_read_is_loaded_while_he_holds_the_file()
    {
        using var test = new CachedFixture(Pages.Of(6, 8));
        using var isRead = new ManualResetEventSlim();
        test.Store.After = _ => isRead.Set();
        using var hold = test.File.AcquireExclusive();
        byte[] bytes = new byte[10];
        Assert.False(hold.TryRead(0, bytes, out _));
        Assert.True(isRead.Wait(Limit, TestContext.Current.CancellationToken));

        // The load ends a moment after the store's answer; who reads joins it.
        Assert.Equal(10, hold.Read(0, bytes));
        Assert.True(hold.TryRead(0, bytes, out int count));
        Assert.Equal(10, count);
        Assert.Single(test.Store.Reads);
    }

    [Fact]
    public void A_file_too_long_for_a_cache_is_read_as_far_as_it_reaches_and_uncached_beyond()
    {
        using var store = new EndlessStore();
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        using var file = cache.Open(store, leaveOpen: true);
        byte[] bytes = new byte[8];
        Assert.Equal(8, file.Read((1L << 45) - 8, bytes));
        Assert.All(bytes, static b => Assert.Equal(5, b));
        foreach (long offset in (long[])[1L << 45, 1L << 62, long.MaxValue - 300_000, long.MaxValue - 8])
        {
            Assert.Throws<IOException>(() => file.Read(offset, bytes));
            Assert.Throws<IOException>(() => file.Lease(new ByteRange(offset, 8)));
            Assert.False(file.TryRead(offset, bytes, out _));
            Assert.Equal(8, file.ReadUncached(offset, bytes));
            Assert.True(file.FlushAndPurge(new ByteRange(offset, 8)).IsComplete);
        }

        Assert.True(file.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void A_view_that_is_unmapped_while_the_other_handle_closes_loses_nothing()
    {
        using var test = new ViewFixture(Pages.Of(1, 8));
        var file = test.Cache.Open(test.Store, leaveOpen: true);
        test.File.Close();
        var view = file.MapView(Pages.Range(0, 8), ViewAccess.ReadWrite);
        view.Write(Pages.Bytes, Pages.Of(4));
        view.Write(2 * Pages.Bytes, Pages.Of(5));
        bool isUnmapped = false;
        test.Store.After = call =>
        {
            if (call.Kind != StoreCallKind.Barrier || isUnmapped) return;
            isUnmapped = true;
            view.Dispose();
        };
        file.Close();
        Assert.True(isUnmapped);
        Assert.Equal(Pages.Of(4), test.Store.Content.AsSpan(Pages.Bytes, Pages.Bytes));
        Assert.Equal(Pages.Of(5), test.Store.Content.AsSpan(2 * Pages.Bytes, Pages.Bytes));
    }

    private sealed class NoThreadsScheduler : CacheScheduler
    {
        internal override TimeProvider Time => TimeProvider.System;

        internal override void Post(Action continuation) => throw new OutOfMemoryException("planted");
    }

    /// <summary>Refuses writes, and while it is silent cannot be asked for its length.</summary>
    private sealed class SilentStore : BackingStore
    {
        internal bool IsSilent { get; set; }

        internal int Barriers { get; private set; }

        public override long GetLength() => IsSilent ? throw new IOException("no length") : 4 * Pages.Bytes;

        public override int Read(long offset, Memory<byte> destination)
        {
            destination.Span.Clear();
            return destination.Length;
        }

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces) =>
            throw new IOException("no write");

        public override void Barrier() => Barriers++;

        public override void SetLength(long length) => throw new IOException("no length");
    }

    /// <summary>As long as an offset can say, and full of fives.</summary>
    private sealed class EndlessStore : BackingStore
    {
        public override bool CanWrite => false;

        public override long GetLength() => long.MaxValue;

        public override int Read(long offset, Memory<byte> destination)
        {
            destination.Span.Fill(5);
            return destination.Length;
        }
    }
}
