using Concord.Caching;
using Concord.Memory;

namespace Concord.Tests.Caching.Views;

/// <summary>
/// The traps of memory that is shown to native code: each loses or shows bytes in a way that casual use does not find.
/// </summary>
public sealed class TrapTests
{
    [Fact]
    public void A_page_is_never_seen_before_it_is_full()
    {
        // Trap 1: a slow store fills its buffer in steps; whoever sees a page at all sees the last.
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 1024 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        if (cache.Services.Views.Faults.UnsupportedReason is { Length: > 0 } why) Assert.Skip($"views: {why}");
        using var file = cache.Open(new HalvesStore(64 * Pages.Bytes));
        using var view = file.MapView(Pages.Range(0, 64));
        bool stops = false;
        int torn = 0;
        var reader = new Thread(() =>
        {
            for (int page = 0; !Volatile.Read(ref stops); page = (page + 1) % 64)
            {
                byte[] bytes = NativeMemory.Read(view, page * Pages.Bytes, Pages.Bytes);
                if (bytes.AsSpan().ContainsAnyExcept((byte)1)) Interlocked.Increment(ref torn);
            }
        });
        reader.Start();
        for (int round = 0; round < 200; round++)
        {
            Pages.Read(file, Pages.Range(0, 64));
            file.FlushAndPurge();
        }

        Volatile.Write(ref stops, true);
        reader.Join();
        Assert.Equal(0, torn);
    }

    [Fact]
    public void A_view_over_a_live_section_shows_no_half_loaded_and_no_purged_page()
    {
        // Trap 3: loads that read in place are under way, and purged memory is still there, when the view is mapped.
        using var fixture = new ViewFixture(Pages.Of(1, 64), capacityPages: 1024);
        Pages.Read(fixture.File, Pages.Range(0, 32));
        fixture.File.FlushAndPurge();
        fixture.Store.Put(0, Pages.Of(2, 32));
        using var begun = new ManualResetEventSlim();
        using var ends = new ManualResetEventSlim();
        fixture.Store.After = call =>
        {
            if (call.Kind != StoreCallKind.Read || call.Offset != 40 * Pages.Bytes) return;
            begun.Set();
            ends.Wait(TestContext.Current.CancellationToken);
        };
        var services = fixture.File.Services;
        var load = new Thread(() => Scheduling.Wait(services.Loader.EnsureResidentAsync(
            0, PageMask.Of(40, 4), Concord.Scheduling.CallMode.Blocking, CancellationToken.None)));
        load.Start();
        begun.Wait(TestContext.Current.CancellationToken);
        MappedView? view = null;
        var mapper = new Thread(() => view = fixture.Map(ViewAccess.ReadWrite));
        mapper.Start();
        Patience.Await(() => services.State.IsStaged);
        ends.Set();
        mapper.Join();
        load.Join();

        Assert.Equal(Pages.Of(2, 32), NativeMemory.Read(view!, 0, 32 * Pages.Bytes));
        Assert.Equal(Pages.Of(1, 4), NativeMemory.Read(view!, 40 * Pages.Bytes, 4 * Pages.Bytes));
        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Empty(fixture.Store.Writes);
        view!.Dispose();
    }

    [Fact]
    public void Copies_under_pressure_leave_no_orphan_pages_for_views()
    {
        // Trap 4: a touch of an absent page by the system view would make an empty one.
        using var fixture = new ViewFixture(Pages.Of(1, 200), capacityPages: 24);
        using var view = fixture.Map(ViewAccess.ReadWrite);
        var threads = Enumerable.Range(1, 2).Select(seed => new Thread(() =>
        {
            var random = new Random(seed);
            byte[] bytes = new byte[3 * Pages.Bytes];
            for (int round = 0; round < 1500; round++)
            {
                long offset = random.Next(197) * (long)Pages.Bytes;
                switch (random.Next(3))
                {
                    case 0:
                        fixture.File.Read(offset, bytes);
                        Assert.DoesNotContain((byte)0, bytes);
                        break;
                    case 1:
                        fixture.File.Write(offset, Pages.Of((byte)random.Next(1, 250), 2));
                        break;
                    default:
                        Assert.DoesNotContain((byte)0, NativeMemory.Read(view, offset, Pages.Bytes));
                        break;
                }
            }
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        for (int round = 0; round < 30; round++) fixture.File.FlushAndPurge(Pages.Range(round * 5, 40));
        foreach (var thread in threads) thread.Join();

        fixture.File.FlushAndPurge();
        Assert.DoesNotContain((byte)0, fixture.Store.Content);
    }

    [Fact]
    public void A_touch_behind_the_end_of_the_file_is_no_signal()
    {
        // Trap 5: the memory reaches beyond every view.
        using var fixture = new ViewFixture([1, 2, 3]);
        using var view = fixture.Map(ViewAccess.ReadWrite);
        Assert.Equal(0, NativeMemory.ReadByte(view, Pages.Bytes - 1));
        fixture.File.SetLength(0);
        Assert.Equal(0, NativeMemory.ReadByte(view, 0));
        NativeMemory.Write(view, 0, [7]);
        fixture.File.FlushAndPurge();
        Assert.Empty(fixture.Store.Content);
    }

    [Fact]
    public void Kernel_calls_into_leased_pages_of_a_view_are_kept()
    {
        // Trap 7: I/O of the kernel cannot be seen, so it holds a lease, and the page stays until it ends.
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var file = new TempFile();
        RandomAccess.Write(file.Handle, Pages.Of(6), 0);
        using var view = fixture.Map(ViewAccess.ReadWrite);
        using (view.Lease(Pages.Range(2), LeaseAccess.Write))
        {
            view.Prefault(Pages.Range(2));
            Assert.Equal(LeftReason.Lease, Assert.Single(fixture.File.FlushAndPurge().Left).Reason);
            Assert.Equal(Pages.Bytes,
                Interop.Native.Pread(file.Handle, view.Address + (2 * Pages.Bytes), (nuint)Pages.Bytes, 0));
        }

        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        Assert.Equal(Pages.Of(6), fixture.Store.Content[(2 * Pages.Bytes)..(3 * Pages.Bytes)]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_dirty_limit_holds_for_what_views_write(bool isSynchronous)
    {
        using var fixture = new ViewFixture(new byte[400 * Pages.Bytes], capacityPages: 512,
            dispatcher: PageFaultDispatcher.Open(isSynchronous: isSynchronous), dirtyPages: 64);
        using var view = fixture.Map(ViewAccess.ReadWrite);
        for (int page = 0; page < 400; page++)
        {
            NativeMemory.Write(view, page * Pages.Bytes, [1]);
            long unseen = isSynchronous ? 0 : fixture.Cache.Services.Views.WritablyMappedPages;
            Assert.True((fixture.Cache.DirtyBytes / Pages.Bytes) + unseen <= 64 + 32,
                $"page {page}: {fixture.Cache.DirtyBytes / Pages.Bytes} dirty, {unseen} unseen");
        }

        fixture.File.FlushAndPurge();
        Assert.Equal(400, fixture.Store.Content.Count(static value => value == 1));
    }

    [Fact]
    public void What_a_view_writes_reaches_the_store_without_a_flush()
    {
        var store = new ScriptedStore(new byte[10 * Pages.Bytes]);
        using var written = new ManualResetEventSlim();
        store.After = call =>
        {
            if (call.Kind == StoreCallKind.Write) written.Set();
        };
        using var cache = new FileCache(new FileCacheOptions
        {
            CapacityBytes = 64 * Pages.Bytes,
            LazyWriterInterval = TimeSpan.FromMilliseconds(5)
        });
        if (cache.Services.Views.Faults.UnsupportedReason is { Length: > 0 } why) Assert.Skip($"views: {why}");
        using var file = cache.Open(store);
        using var view = file.MapView(Pages.Range(0, 10), ViewAccess.ReadWrite);
        NativeMemory.Write(view, 3, [9]);

        Assert.True(written.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(9, store.Content[3]);
    }

    private sealed class HalvesStore(int length) : BackingStore
    {
        public override long GetLength() => length;

        public override int Read(long offset, Memory<byte> destination)
        {
            var span = destination.Span;
            span.Fill(0xEE);
            Thread.Yield();
            span[..(span.Length / 2)].Fill(1);
            Thread.Yield();
            span.Fill(1);
            return destination.Length;
        }

        public override void Barrier()
        {
            // Nothing is ever written.
        }
    }

    private static class Scheduling
    {
        internal static void Wait(ValueTask call) => Concord.Scheduling.SyncCompletion.Wait(call);
    }
}
