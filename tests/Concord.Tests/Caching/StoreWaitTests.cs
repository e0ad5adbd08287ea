using Concord.Caching;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Caching;

/// <summary>
/// Every wait for what another call has, while a call of the store does not answer: it ends with an error, nothing is
/// lost, nothing stays claimed or closed, and the call can be made again.
/// </summary>
public sealed class StoreWaitTests
{
    private const int FilePages = 130;

    [Fact]
    public void A_cut_that_waits_for_a_write_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, FilePages));
        hung.File.Write(10 * Pages.Bytes, [2]);
        hung.File.Write(100 * Pages.Bytes, [3]);
        using (hung.BeginToWrite(100))
        {
            hung.AssertTold(() => hung.File.SetLength(5 * Pages.Bytes));
            Assert.Equal(FilePages * Pages.Bytes, hung.File.Length);
            hung.AssertNothingIsHeld(writing: 1);
            Assert.Equal([2], Pages.Read(hung.File, new ByteRange(10 * Pages.Bytes, 1)));
        }

        // Page 10 was claimed by the cut, and is dirty as before.
        Assert.True(hung.File.FlushAndPurge().IsComplete);
        Assert.Equal((2, 3), (hung.Store.Content[10 * Pages.Bytes], hung.Store.Content[100 * Pages.Bytes]));
        hung.File.SetLength(5 * Pages.Bytes);
        Assert.Equal(Pages.Of(1, 5), hung.Store.Content);
    }

    [Theory]
    [InlineData("purge")]
    [InlineData("discard")]
    [InlineData("cut")]
    public void A_holder_s_call_that_waits_for_pages_that_his_cut_has_closed_is_told(string what)
    {
        using var hung = new HungStore(Pages.Of(1, FilePages));
        hung.File.Read(0, new byte[FilePages * Pages.Bytes]);
        using var hold = hung.File.AcquireExclusive();
        using (hung.Begin(
            static call => call.Kind == StoreCallKind.SetLength, () => hold.SetLength(100 * Pages.Bytes)))
        {
            hung.AssertTold(() =>
            {
                if (what == "purge") hold.FlushAndPurge();
                else if (what == "discard") hold.Discard(new ByteRange(0, long.MaxValue));
                else hold.SetLength(50 * Pages.Bytes);
            });

            // What is left is what the cut has itself.
            Assert.NotNull(hung.File.State.CutMeeting(long.MaxValue));
            Assert.Equal(0UL, hung.File.State.Extents.Find(0)!.Closing);
            Assert.Equal([1], Pages.Read(hold, new ByteRange(10, 1)));
        }

        hung.AssertNothingIsHeld();
        Assert.Null(hung.File.State.CutMeeting(long.MaxValue));
        Assert.Equal(100 * Pages.Bytes, hold.Length);
        Assert.True(hold.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(1, 100), Pages.Read(hold, Pages.Range(0, 100)));
    }

    [Fact]
    public void A_discard_that_waits_for_a_write_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, FilePages));
        hung.File.Write(10 * Pages.Bytes, [2]);
        hung.File.Write(100 * Pages.Bytes, [3]);
        using (hung.BeginToWrite(100))
        {
            hung.AssertTold(() => hung.File.Discard(new ByteRange(0, long.MaxValue)));
            hung.AssertNothingIsHeld(writing: 1);
            Assert.Equal([2], Pages.Read(hung.File, new ByteRange(10 * Pages.Bytes, 1)));
        }

        Assert.True(hung.File.Discard(new ByteRange(0, long.MaxValue)));
        Assert.Equal([1], Pages.Read(hung.File, new ByteRange(10 * Pages.Bytes, 1)));
        Assert.Equal([3], Pages.Read(hung.File, new ByteRange(100 * Pages.Bytes, 1)));
    }

    [Fact]
    public void A_discard_that_waits_for_a_write_of_what_it_has_closed_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, FilePages));
        hung.File.Write(10 * Pages.Bytes, [2]);
        hung.File.Write(100 * Pages.Bytes, [3]);
        var last = hung.BeginToWrite(100);
        HungStore.Hang? first = null;
        hung.AssertTold(
            () => hung.File.Discard(new ByteRange(0, long.MaxValue)),
            meanwhile: () =>
            {
                // It has closed page 10, and waits for page 100: now page 10 is written.
                Patience.Await(() => hung.File.State.Extents.Find(0)!.Closing != PageMask.None);
                first = hung.BeginToWrite(10);
                last.Dispose();
            });
        hung.AssertNothingIsHeld(writing: 1);
        first!.Dispose();
        Assert.Equal([2], Pages.Read(hung.File, new ByteRange(10 * Pages.Bytes, 1)));
        Assert.True(hung.File.Discard(new ByteRange(0, long.MaxValue)));
    }

    [Fact]
    public void A_purge_that_waits_for_a_load_to_take_over_the_store_s_length_is_told()
    {
        byte[] content = Pages.Of(1, 10)[..^100];
        using var hung = new HungStore(content);
        hung.File.Read(0, new byte[1]);
        using (hung.BeginToLoad(9))
        {
            hung.Store.Put(content.Length, 4, 5);
            hung.AssertTold(() => hung.File.FlushAndPurge());
            Assert.Equal(content.Length, hung.File.Length);
        }

        Assert.True(hung.File.FlushAndPurge().IsComplete);
        Assert.Equal([1, 4, 5], Pages.Read(hung.File, new ByteRange(content.Length - 1, 3)));
    }

    [Theory]
    [InlineData("write")]
    [InlineData("cut")]
    public void A_sharer_s_write_that_waits_is_told(string behind)
    {
        using var hung = new HungStore(Pages.Of(1, 20));
        hung.File.Write(19 * Pages.Bytes, [2]);
        using (behind == "write" ? hung.BeginToWrite(19) : hung.Begin(
            static call => call.Kind == StoreCallKind.SetLength, () => hung.File.SetLength((19 * Pages.Bytes) + 9)))
        {
            hung.AssertTold(() => Write());
        }

        Assert.True(Write());
        Assert.True(hung.File.FlushAndPurge().IsComplete);
        Assert.Equal(2, hung.Store.Content[19 * Pages.Bytes]);
        Assert.Equal([7, 7], hung.Store.Content[((19 * Pages.Bytes) + 5)..][..2]);

        bool Write() => SyncCompletion.Result(hung.File.Services.Paging.WriteAsync(
            (19 * Pages.Bytes) + 5, new byte[] { 7, 7 }, CallMode.Blocking, CancellationToken.None));
    }

    [Fact]
    public void A_close_that_waits_for_a_load_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, 10));
        hung.File.Write(0, [2]);
        using (hung.BeginToLoad(9))
        {
            hung.AssertTold(hung.File.Close);
            Assert.Equal([2], Pages.Read(hung.File, new ByteRange(0, 1)));
        }

        hung.File.Close();
        Assert.Equal(2, hung.Store.Content[0]);
    }

    [Fact]
    public void A_lease_that_is_to_be_written_and_waits_for_a_write_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, FilePages));
        hung.File.Write(64 * Pages.Bytes, [2]);
        using var lease = hung.File.Lease(Pages.Range(63, 2));
        using (hung.BeginToWrite(64))
        {
            hung.AssertTold(() => lease.BeginWriting());
            Assert.Equal(LeaseAccess.Read, lease.Access);
            foreach (var extent in hung.File.State.Extents.All) Assert.Equal(PageMask.None, extent.WriteLeased);
        }

        lease.BeginWriting();
        lease.WritableSpan.Fill(9);
        lease.Dispose();
        Assert.True(hung.File.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(9, 2), hung.Store.Content[(63 * Pages.Bytes)..(65 * Pages.Bytes)]);
        Assert.Equal(0, hung.Cache.GetCurrentStatistics().LeasedBytes);
    }

    [Fact]
    public void A_call_that_waits_for_a_lease_whose_holder_may_wait_for_the_store_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, 20));
        hung.File.Write(0, [2]);
        using (var lease = hung.File.Lease(Pages.Range(10), LeaseAccess.Overwrite))
        {
            lease.WritableSpan.Fill(7);
            using (hung.BeginToWrite(0)) hung.AssertTold(() => hung.File.Read(10 * Pages.Bytes, new byte[1]));
        }

        Assert.Equal([7], Pages.Read(hung.File, new ByteRange(10 * Pages.Bytes, 1)));
    }

    [Fact]
    public void A_mapping_that_waits_for_a_load_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, 20));
        Views.ViewFixture.SkipWithoutViews(hung.Cache);
        hung.File.Read(0, new byte[1]);
        using (hung.BeginToLoad(9)) hung.AssertTold(() => Map(hung).Dispose());
        using var view = Map(hung);
        Assert.Equal(1, Views.NativeMemory.ReadByte(view, 9 * Pages.Bytes));
    }

    [Fact]
    public void A_view_that_is_disposed_while_somebody_prefaults_it_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, 20));
        var view = Map(hung);
        using (hung.Begin(
            static call => call.Kind == StoreCallKind.Read,
            () => Assert.Throws<ObjectDisposedException>(view.Prefault)))
        {
            hung.AssertTold(view.Dispose);
            Assert.True(view.IsMapped);
            Assert.Throws<ObjectDisposedException>(view.Prefault);
        }

        view.Dispose();
        Assert.False(view.IsMapped);
    }

    [Fact]
    public void A_purge_that_waits_for_pages_that_another_call_has_taken_out_of_views_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, 20));
        using var view = Map(hung, ViewAccess.ReadWrite);
        Views.NativeMemory.Write(view, 3 * Pages.Bytes, [5]);
        hung.File.Write(10 * Pages.Bytes, [2]);
        var extent = hung.File.State.Extents.Find(0)!;
        using (hung.BeginToWrite(10))
        {
            lock (extent) extent.FreezeLocked(1UL << 3);
            hung.AssertTold(() => hung.File.FlushAndPurge(Pages.Range(3)));
            Assert.Equal(1UL << 3, extent.Frozen);
            lock (extent) extent.ThawLocked(1UL << 3, hung.Cache.State.Scheduler);
        }

        Assert.True(hung.File.FlushAndPurge().IsComplete);
        Assert.Equal(PageMask.None, extent.Frozen);
        Assert.Equal((5, 2), (hung.Store.Content[3 * Pages.Bytes], hung.Store.Content[10 * Pages.Bytes]));
        Assert.Equal(5, Views.NativeMemory.ReadByte(view, 3 * Pages.Bytes));
    }

    [Fact]
    public void A_longer_length_that_waits_for_a_write_of_what_views_have_behind_the_end_is_told()
    {
        using var hung = new HungStore(Pages.Of(1, 4));
        using var view = Map(hung, ViewAccess.ReadWrite);
        hung.File.SetLength(2 * Pages.Bytes);
        Views.NativeMemory.Write(view, Pages.Bytes, Pages.Of(8, 3));
        SyncCompletion.Wait(hung.File.State.Sharers.CollectViewWritesAsync(
            new ByteRange(0, long.MaxValue), CallMode.Blocking, CancellationToken.None));
        using (hung.Begin(
            static call => call.Kind == StoreCallKind.Write,
            () => SyncCompletion.Result(new FileWriteBack(hung.File.State).WriteAsync(
                new ByteRange(0, long.MaxValue), CallMode.Blocking, CancellationToken.None, flushes: false))))
        {
            hung.AssertTold(() => hung.File.SetLength(4 * Pages.Bytes));
            Assert.Equal(2 * Pages.Bytes, hung.File.Length);
        }

        hung.File.SetLength(4 * Pages.Bytes);
        Assert.True(hung.File.FlushAndPurge().IsComplete);
        Assert.Equal([.. Pages.Of(1), .. Pages.Of(8), .. Pages.Of(0, 2)], hung.Store.Content);
    }

    [Fact]
    public void An_opening_that_waits_for_another_one_of_the_file_is_told()
    {
        using var hung = new HungStore(Pages.Of(1));
        var store = new SlowStore { Asked = new Gate() };
        CachedFile? first = null;
        var opening = new Thread(() => first = hung.Cache.Open(store));
        opening.Start();
        store.Asked.AwaitSomebody();
        hung.AssertTold(() => hung.Cache.Open(store, leaveOpen: true), name: store.Name);
        store.Asked.Open();
        opening.Join();
        hung.Cache.Open(store, leaveOpen: true).Close();
        first!.Close();
        Assert.Equal(1, hung.Cache.GetCurrentStatistics().Files);
    }

    [Fact]
    public void A_call_that_waits_for_a_file_whose_store_is_being_closed_is_told()
    {
        using var hung = new HungStore(Pages.Of(1));
        var store = new SlowStore { Flushed = new Gate(), Closed = new Gate() };
        var file = hung.Cache.Open(store);
        file.Write(0, [2]);
        var closing = new Thread(file.Close);
        closing.Start();
        store.Flushed.AwaitSomebody();
        hung.AssertTold(
            () => file.FlushAndPurge(),
            meanwhile: () =>
            {
                store.Flushed.Open();
                store.Closed.AwaitSomebody();
            },
            store.Name);
        store.Closed.Open();
        closing.Join();
        Assert.Throws<ObjectDisposedException>(() => file.FlushAndPurge());
    }

    private static MappedView Map(HungStore hung, ViewAccess access = ViewAccess.Read) =>
        Views.ViewFixture.MapOrSkip(hung.Cache, hung.File, access);

    /// <summary>A place where nobody goes on before it is opened.</summary>
    private sealed class Gate
    {
        private readonly ManualResetEventSlim _somebody = new();
        private readonly ManualResetEventSlim _open = new();

        internal void Pass()
        {
            _somebody.Set();
            _open.Wait(TimeSpan.FromMinutes(1));
        }

        internal void AwaitSomebody() => Assert.True(_somebody.Wait(TimeSpan.FromMinutes(1)));

        internal void Open() => _open.Set();
    }

    /// <summary>An empty store that hangs where it is asked for its length, flushed, or closed.</summary>
    private sealed class SlowStore : BackingStore
    {
        internal Gate? Asked { get; init; }

        internal Gate? Flushed { get; init; }

        internal Gate? Closed { get; init; }

        public override string Name => "slow store";

        public override long GetLength()
        {
            Asked?.Pass();
            return 0;
        }

        public override int Read(long offset, Memory<byte> destination) => 0;

        public override void Write(long offset, IReadOnlyList<ReadOnlyMemory<byte>> pieces)
        {
        }

        public override void Barrier() => Flushed?.Pass();

        public override void SetLength(long length)
        {
        }

        protected override void Dispose(bool disposing) => Closed?.Pass();
    }
}
