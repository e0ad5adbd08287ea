using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>Files that leave the cache while somebody is still on their pages.</summary>
public sealed class ClosingTests
{
    [Fact]
    public void The_last_close_waits_for_a_load_that_a_sharer_began()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var services = test.File.Services;
        Thread? closing = null;
        Exception? failure = null;
        test.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Read || closing is not null) return;
            closing = new Thread(() => failure = Record.Exception(test.File.Close));
            closing.UnsafeStart();
            Patience.Await(() => services.State.CloseGate.Opened is not null);

            // It waits for this load now; or it has not waited.
            Patience.Await(() => !closing.IsAlive || closing.ThreadState.HasFlag(ThreadState.WaitSleepJoin));
        };

        // It is answered before the close ends, or told that the file is gone; it never waits for ever.
        var load = Record.Exception(() => SyncCompletion.Wait(
            services.Loader.EnsureResidentAsync(0, 1, CallMode.Blocking, CancellationToken.None)));

        closing!.Join();
        Assert.Null(failure);
        Assert.True(load is null or ObjectDisposedException, load?.ToString());
        Assert.Equal(0, test.Cache.ResidentBytes);
    }

    [Fact]
    public void Paging_after_the_last_close_is_told_that_the_file_is_gone()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var services = test.File.Services;
        test.File.Close();
        Assert.Throws<ObjectDisposedException>(() => SyncCompletion.Wait(
            services.Loader.EnsureResidentAsync(0, 1, CallMode.Blocking, CancellationToken.None)));
        Assert.False(services.State.HasSection);
    }

    [Fact]
    public void Discarding_a_failed_file_that_another_handle_shares_keeps_that_ones_pages()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var other = test.Cache.Open(test.Store, leaveOpen: true);
        var failing = test.Cache.Open(test.Store, leaveOpen: true);
        other.Write(0, [7, 7, 7]);
        test.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        failing.Dispose();

        var failed = Assert.Single(test.Cache.FailedFiles);
        failed.Discard();
        failed.Discard();

        Assert.Empty(test.Cache.FailedFiles);
        Assert.Equal([7, 7, 7], Pages.Read(other, new ByteRange(0, 3)));
        test.Store.Fails = static _ => null;
        Assert.Throws<WriteBackException>(() => other.FlushAndPurge());
        other.Close();
        Assert.Equal([7, 7, 7], test.Store.Content[..3]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Memory_that_somebody_is_stuck_in_outlives_the_discarded_file_until_he_leaves(bool writes)
    {
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        var store = new ScriptedStore(Pages.Of(1, 70));
        var file = cache.Open(store);
        Pages.Read(file, Pages.Range(0, 3));
        file.Write(Pages.Bytes, [9]);
        store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("planted") : null;
        file.Dispose();
        using var stuck = new StuckCopy(file.State, page: 0, writes);

        Assert.Single(cache.FailedFiles).Discard();

        Assert.Equal(1, cache.State.Retired.Count);
        Assert.Empty(cache.FailedFiles);
        stuck.Leave();
        Assert.Equal(1, stuck.Seen);

        // The next file that leaves looks for what can go.
        cache.Open(new ScriptedStore(Pages.Of(2))).Close();
        cache.State.Retired.Release();
        Assert.Equal(0, cache.State.Retired.Count);
        Assert.Equal(0, cache.DirtyBytes);
        Assert.Equal(0, cache.ResidentBytes);
    }

    [Fact]
    public void A_cut_below_a_page_that_somebody_is_stuck_in_is_refused_and_a_discard_keeps_it()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        Pages.Read(test.File, Pages.Range(0, 4));
        using (new StuckCopy(test.File.State, page: 2, writes: true))
        {
            Assert.Throws<PagesHeldException>(() => test.File.SetLength(Pages.Bytes));
            Assert.Equal(4 * Pages.Bytes, test.File.Length);
            Assert.False(test.File.Discard(Pages.Range(0, 4)));
            Assert.True(Pages.IsResident(test.File.State, 2));
            Assert.False(Pages.IsResident(test.File.State, 3));
        }

        Assert.True(Pages.IsDirty(test.File.State, 2));
        test.File.SetLength(Pages.Bytes);
        Assert.Equal(Pages.Bytes, test.Store.Content.Length);
    }

    [Fact]
    public void What_the_store_accepted_behind_a_cut_is_claimed_until_the_cut_has_ended()
    {
        // A barrier that fails meanwhile makes it dirty: nobody may write it back, which made the store longer again.
        using var test = new CachedFixture(Pages.Of(1, 4));
        test.File.Write(2 * Pages.Bytes, Pages.Of(2, 2));
        var writing = test.File.Services.WriteBack;
        SyncCompletion.Result(writing.WriteAsync(Pages.Range(0, 4), CallMode.Blocking, CancellationToken.None));
        var extent = test.File.State.Extents.Find(0)!;
        Assert.Equal(0b1100UL, extent.Unstable);
        ulong claimed = 0;
        test.Store.Before = call =>
        {
            if (call.Kind == StoreCallKind.SetLength) claimed = extent.Writing;
        };
        test.File.SetLength(Pages.Bytes + 1);
        Assert.Equal(0b1100UL, claimed);
        Assert.Equal((0UL, 0UL), (extent.Writing, extent.NotDurable & ~0b10UL));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Bytes + 1, test.Store.Content.Length);
    }

    [Fact]
    public void A_page_that_is_on_its_way_into_the_store_when_it_is_dropped_is_waited_for()
    {
        using var test = new CachedFixture(Pages.Of(1, 4));
        var services = test.File.Services;
        using var isWriting = new ManualResetEventSlim();
        using var mayEnd = new ManualResetEventSlim();
        Thread? lazy = null;
        var sharer = new TestSharer();
        sharer.OnInvalidate = _ =>
        {
            if (sharer.Invalidations > 1) return [];
            TestSharer.WriteDown(services, 100, [8]);
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
        sharer.OnCollect = _ =>
        {
            // Asked again: the operation has seen that the page is pending.
            if (sharer.Invalidations > 0) mayEnd.Set();
        };
        services.AddSharer(sharer);

        var result = test.File.FlushAndPurge();

        lazy!.Join();
        services.RemoveSharer(sharer);
        Assert.Equal(CoherencyStatus.Success, result.Status);
        Assert.Equal(8, test.Store.Content[100]);
    }
}
