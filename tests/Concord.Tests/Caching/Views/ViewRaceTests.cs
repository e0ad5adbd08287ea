using System.Runtime.InteropServices;
using Concord.Memory;
using Concord.Scheduling;

namespace Concord.Tests.Caching.Views;

/// <summary>Views while something else is under way: what is held at the worst moment is let go by hand.</summary>
public sealed class ViewRaceTests
{
    private static readonly ByteRange All = new(0, long.MaxValue);

    /// <summary>How long a test waits for a step that must not come.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    [Fact]
    public void What_a_call_puts_into_a_view_is_not_lost_by_purges_meanwhile()
    {
        // The system pins all pages of the buffer first and copies then: a purge in between must not drop them.
        const int count = 512;
        using var fixture = new ViewFixture(new byte[count * Pages.Bytes], capacityPages: 4 * count);
        using var source = fixture.Cache.Open(new ScriptedStore(new byte[count * Pages.Bytes]));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        bool stops = false;
        var purger = new Thread(() =>
        {
            while (!Volatile.Read(ref stops)) fixture.File.FlushAndPurge();
        });
        purger.Start();
        int lost = 0;
        for (byte round = 1; round <= 40; round++)
        {
            source.Write(0, Pages.Of(round, count));
            Assert.Equal(count * Pages.Bytes, source.Read(0, BounceTests.Span(view, 0, count * Pages.Bytes)));
            byte[] found = Pages.Read(fixture.File, Pages.Range(0, count));
            for (int page = 0; page < count; page++) lost += found[page * Pages.Bytes] == round ? 0 : 1;
        }

        Volatile.Write(ref stops, true);
        purger.Join();
        Assert.Equal(0, lost);
    }

    [Fact]
    public async Task A_load_under_way_brings_nothing_old_into_a_view_behind_a_purge()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 4));
        using var view = fixture.Map();
        var read = new TaskCompletionSource();
        fixture.Store.ReadsEnd = () => read.Task;
        Task load = fixture.File.Services.Loader.EnsureResidentAsync(
            0, 0b10, CallMode.Async, CancellationToken.None).AsTask();
        fixture.Store.Put(0, Pages.Of(2, 4));
        fixture.Store.ReadsEnd = static () => Task.CompletedTask;
        await fixture.File.FlushAndPurgeAsync(cancellationToken: TestContext.Current.CancellationToken);
        read.SetResult();
        await load;
        Assert.Equal(2, NativeMemory.ReadByte(view, Pages.Bytes));
        Assert.Equal(2, Pages.Read(fixture.File, Pages.Range(1))[0]);
    }

    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    public void A_fault_that_is_being_answered_brings_nothing_old_into_a_view_behind_a_purge(ViewAccess access)
    {
        using var fixture = new ViewFixture(Pages.Of(1, 4));
        using var view = fixture.Map(access);
        using ManualResetEventSlim taken = new(), ends = new();
        fixture.Store.After = call =>
        {
            if (call.Kind != StoreCallKind.Read || taken.IsSet) return;
            taken.Set();
            ends.Wait(TestContext.Current.CancellationToken);
        };
        byte seen = 0;
        var toucher = new Thread(() => seen = NativeMemory.ReadByte(view, Pages.Bytes));
        toucher.Start();
        taken.Wait(TestContext.Current.CancellationToken);
        fixture.Store.Put(0, Pages.Of(2, 4));
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        ends.Set();
        toucher.Join();
        Assert.Equal(2, seen);
    }

    [Fact]
    public void A_purge_by_a_hold_thaws_nothing_that_another_thread_has_frozen_by_it()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 80));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        using var hold = fixture.File.AcquireExclusive();
        NativeMemory.Write(view, 0, [2]);
        var extent = fixture.File.State.Extents.Find(0)!;
        int writes = 0, barriers = 0;
        ulong frozen = PageMask.None;
        fixture.Store.Before = call =>
        {
            // Written once more after it was collected: found by the second look, and written back frozen.
            if (call.Kind == StoreCallKind.Barrier && ++barriers == 1) NativeMemory.Write(view, 1, [3]);
            if (call.Kind != StoreCallKind.Write || ++writes == 1) return;

            var other = new Thread(() => hold.FlushAndPurge(Pages.Range(70, 2)));
            other.Start();
            other.Join();
            lock (extent) frozen = extent.Frozen;
        };
        hold.FlushAndPurge(Pages.Range(0, 2));

        Assert.Equal(2, writes);
        Assert.Equal(PageMask.Of(0, 2), frozen);
        Assert.Equal([2, 3], fixture.Store.Content[..2]);
    }

    [Fact]
    public void No_count_is_lost_by_purges_of_two_threads_that_share_a_hold()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64,
            SkipPolicy.OtherProcessor + "counts in machine code for x64");
        using var fixture = new ViewFixture(new byte[NativeCounters.PageCount * Pages.Bytes]);
        using var view = fixture.Map(ViewAccess.ReadWrite);
        byte[] zeros = new byte[NativeCounters.PageCount * sizeof(long)];
        nint table = Marshal.AllocHGlobal(zeros.Length);
        Marshal.Copy(zeros, 0, table, zeros.Length);
        bool stops = false;
        var counter = new Thread(() =>
        {
            for (ulong seed = 1; !Volatile.Read(ref stops);) seed = NativeCounters.Run(
                view.Address, table, 2_000, seed);
        });
        counter.Start();
        using (var hold = fixture.File.AcquireExclusive())
        {
            var purges = new[] { Pages.Range(0, NativeCounters.PageCount), Pages.Range(20, 30) }.Select(
                range => Task.Factory.StartNew(
                () =>
                {
                    for (int round = 0; round < 400; round++) hold.FlushAndPurge(range);
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning,
                    TaskScheduler.Default)).ToArray();
            var error = Record.Exception(() => Task.WaitAll(purges, TestContext.Current.CancellationToken));
            Volatile.Write(ref stops, true);
            counter.Join();
            Assert.Null(error);
        }

        fixture.File.FlushAndPurge();
        byte[] content = fixture.Store.Content;
        long lost = 0;
        for (int page = 0; page < NativeCounters.PageCount; page++)
        {
            lost += Marshal.ReadInt64(table, page * sizeof(long)) - BitConverter.ToInt64(content, page * Pages.Bytes);
        }

        Marshal.FreeHGlobal(table);
        Assert.Equal(0, lost);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_view_writes_behind_a_cut_under_way_is_not_written_back(bool isRefused)
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        using var begun = new ManualResetEventSlim();
        using var ends = new ManualResetEventSlim();
        NativeMemory.Read(view, 0, 10 * Pages.Bytes);
        var services = fixture.File.Services;
        Thread? lazy = null;
        fixture.Store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Write)
            {
                begun.Set();
                ends.Wait(TestContext.Current.CancellationToken);
            }

            if (call.Kind != StoreCallKind.SetLength) return;
            NativeMemory.Write(view, 8 * Pages.Bytes, Pages.Of(5));

            // As the lazy writer does, which holds nothing.
            SyncCompletion.Wait(
                services.Views.Sharers.CollectViewWritesAsync(All, CallMode.Blocking, CancellationToken.None));
            lazy = new Thread(() => SyncCompletion.Result(
                services.WriteBack.WriteAsync(All, CallMode.Blocking, CancellationToken.None, flushes: false)));
            lazy.Start();
            Patience.Await(() => begun.IsSet || !lazy.IsAlive);
        };
        fixture.Store.Fails = call => isRefused && call.Kind == StoreCallKind.SetLength ? new IOException("no") : null;
        var error = Record.Exception(() => fixture.File.SetLength(5 * Pages.Bytes));
        ends.Set();
        lazy!.Join();
        fixture.Store.Before = static _ => { };
        fixture.File.FlushAndPurge();

        if (isRefused) Assert.IsType<IOException>(error);
        else Assert.Null(error);
        Assert.Equal(
            isRefused ? [.. Pages.Of(1, 8), .. Pages.Of(5), .. Pages.Of(1)] : Pages.Of(1, 5), fixture.Store.Content);
    }

    [Fact]
    public void What_a_view_wrote_behind_the_end_does_not_outlive_an_extension_during_its_write_back()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        using var begun = new ManualResetEventSlim();
        using var ends = new ManualResetEventSlim();
        fixture.File.SetLength(5 * Pages.Bytes);
        NativeMemory.Write(view, 4 * Pages.Bytes, Pages.Of(6, 3));
        var services = fixture.File.Services;
        SyncCompletion.Wait(
            services.Views.Sharers.CollectViewWritesAsync(All, CallMode.Blocking, CancellationToken.None));
        fixture.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write) return;
            begun.Set();
            ends.Wait(TestContext.Current.CancellationToken);
        };
        var lazy = new Thread(() => SyncCompletion.Result(
            services.WriteBack.WriteAsync(All, CallMode.Blocking, CancellationToken.None, flushes: false)));
        lazy.Start();
        begun.Wait(TestContext.Current.CancellationToken);
        var extender = new Thread(() => fixture.File.SetLength(10 * Pages.Bytes));
        extender.Start();
        extender.Join(Moment);
        ends.Set();
        extender.Join();
        lazy.Join();

        Assert.Equal(new byte[5 * Pages.Bytes], NativeMemory.Read(view, 5 * Pages.Bytes, 5 * Pages.Bytes));
        Assert.Equal(Pages.Of(6), Pages.Read(fixture.File, Pages.Range(4)));
        fixture.File.FlushAndPurge();
        Assert.Equal(new byte[5 * Pages.Bytes], fixture.Store.Content[(5 * Pages.Bytes)..]);
    }

    [Fact]
    public void What_a_view_wrote_behind_the_end_is_zeros_when_the_store_grows_below_a_suspended_range()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        fixture.File.SetLength((4 * Pages.Bytes) + 100);
        NativeMemory.Write(view, (4 * Pages.Bytes) + 100, Pages.Of(9, 3));
        using (var hold = fixture.File.AcquireExclusive())
        {
            using var suspended = hold.Suspend(Pages.Range(9));
            fixture.Store.Put(9 * Pages.Bytes, Pages.Of(4));
            suspended.Resume();
        }

        byte[] wanted = [.. new byte[(5 * Pages.Bytes) - 100], .. Pages.Of(4)];
        Assert.Equal(wanted, Pages.Read(fixture.File, new ByteRange((4 * Pages.Bytes) + 100, wanted.Length)));
        Assert.Equal(wanted, NativeMemory.Read(view, (4 * Pages.Bytes) + 100, wanted.Length));
    }

    [Fact]
    public void What_a_view_touches_behind_the_end_while_a_purge_takes_an_appended_tail_over_is_the_tail()
    {
        const int Length = (4 * 4096) + 100, FilePages = 100;
        using var fixture = new ViewFixture(Pages.Of(1, FilePages));
        using var view = fixture.Map();
        fixture.File.SetLength(Length);
        byte[] appended = Pages.Of(2, FilePages)[Length..];
        fixture.Store.Put(Length, appended);
        int[] pages = [6, 90];
        byte[] seen = new byte[FilePages];
        Thread[] touchers = [.. pages.Select(page => new Thread(
            () => seen[page] = NativeMemory.ReadByte(view, page * Pages.Bytes)))];
        fixture.Store.Before = call =>
        {
            // The tail of the last page is read: the appended bytes are not the file's yet.
            if (call.Kind != StoreCallKind.Read || call.Offset != Length) return;
            foreach (var toucher in touchers) toucher.Start();
            Patience.Await(() => pages.All(IsAwaited) || !touchers.Any(static toucher => toucher.IsAlive));
        };
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        foreach (var toucher in touchers) toucher.Join();
        Assert.All(pages, page => Assert.Equal(2, seen[page]));
        Assert.Equal(appended, Pages.Read(fixture.File, new ByteRange(Length, appended.Length)));

        bool IsAwaited(int page) => fixture.File.State.Extents.Find(page / Pages.PerExtent) is { } extent
            && (extent.Awaited & PageMask.Of(page % Pages.PerExtent, 1)) != 0;
    }

    [Fact]
    public void Pages_of_an_aborted_lease_leave_no_orphan_pages_when_a_view_is_mapped_meanwhile()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        Pages.Read(fixture.File, Pages.Range(0, 10));
        var services = fixture.File.Services;
        var lease = fixture.File.Lease(Pages.Range(3), LeaseAccess.Write);
        lease.WritableSpan.Fill(9);
        using var stuck = new StuckCopy(services.State, page: 7);
        MappedView? view = null;
        var mapper = new Thread(() => view = fixture.Map());
        mapper.Start();

        // Both wait for the copy that is stuck: the mapper, who began first, gives up first.
        Patience.Await(() => services.State.IsClosedToHits);
        mapper.Join(Moment);
        var aborter = new Thread(() =>
        {
            lease.Abort();
            lease.Dispose();
        });
        aborter.Start();
        Patience.Await(() => services.State.IsStaged);
        mapper.Join();
        stuck.Leave();
        aborter.Join();

        Assert.Equal(NativeMemory.Read(view!, 3 * Pages.Bytes, Pages.Bytes), Pages.Read(fixture.File, Pages.Range(3)));
        view!.Dispose();
    }

    [Fact]
    public void A_page_that_a_view_writes_which_is_mapped_during_its_eviction_stays()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 4));
        Pages.Read(fixture.File, Pages.Range(0, 4));
        var services = fixture.File.Services;
        var extent = services.State.Extents.Find(0)!;
        var (pages, frozen) = services.Views.Sharers.UnmapForEviction(extent, PageMask.Of(0, 2));
        using var view = fixture.Map(ViewAccess.ReadWrite, first: 1, count: 1);
        NativeMemory.Write(view, 0, [5]);

        lock (extent)
        {
            Assert.Equal(PageMask.Of(
                0, 1), services.Views.Sharers.StillUnmappedLocked(extent, pages, frozen) & extent.DroppableLocked);
        }
    }

    [Fact]
    public void A_view_that_is_mapped_while_writes_are_collected_makes_nothing_dirty()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 200), capacityPages: 512);
        Pages.Read(fixture.File, Pages.Range(0, 200));
        bool stops = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stops))
            {
                SyncCompletion.Wait(fixture.File.Services.Views.Sharers.CollectViewWritesAsync(
                    All, CallMode.Blocking, CancellationToken.None));
            }
        });
        collector.Start();
        for (int round = 0; round < 200; round++) fixture.Map(ViewAccess.ReadWrite).Dispose();
        Volatile.Write(ref stops, true);
        collector.Join();

        Assert.Equal(0, fixture.Cache.DirtyBytes);
    }

    [Fact]
    public void A_file_is_closed_only_when_nobody_has_its_pages_frozen()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 4));
        var store = new ScriptedStore(Pages.Of(1, 4));
        var file = fixture.Cache.Open(store);
        var view = file.MapView(Pages.Range(0, 4), ViewAccess.ReadWrite);
        NativeMemory.Write(view, 0, [5]);
        var extent = file.State.Extents.Find(0)!;

        // As the thread does that takes pages of any file out of its views when too many are mapped.
        lock (extent) extent.FreezeLocked(PageMask.Of(0, 1));
        var closer = new Thread(() =>
        {
            view.Dispose();
            file.Dispose();
        });
        closer.Start();
        closer.Join(Moment);
        lock (extent) extent.ThawLocked(PageMask.Of(0, 1), fixture.Cache.State.Scheduler);
        closer.Join();

        Assert.Empty(fixture.Cache.FailedFiles);
        Assert.Equal(5, store.Content[0]);
    }
}
