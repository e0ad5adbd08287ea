using Concord.Caching;
using Concord.Memory;

namespace Concord.Tests.Caching.Views;

public sealed class CoherenceTests
{
    [Fact]
    [Row(12)]
    public void A_promise_that_there_are_no_views_leaves_reading_views_alone_and_is_ignored_for_writable_ones()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var reading = fixture.Map();
        NativeMemory.Read(reading, 0, 10 * Pages.Bytes);

        var result = fixture.File.FlushAndPurge(CoherencyOptions.ViewsNotSeen);
        Assert.True(result.IsComplete);
        Assert.Equal(10, result.PagesPurged);
        Assert.Equal(0, fixture.File.Services.Views.List.Trims);
        Assert.Equal(0, fixture.File.State.BrokenPromises);

        using var writing = fixture.Map(ViewAccess.ReadWrite, first: 4, count: 2);
        NativeMemory.Write(writing, 0, [7]);
        fixture.File.FlushAndPurge(Pages.Range(4), CoherencyOptions.ViewsNotSeen);
        Assert.Equal(7, fixture.Store.Content[4 * Pages.Bytes]);
        Assert.Equal(1, fixture.File.Services.Views.List.Trims);
        Assert.NotEqual(0, fixture.File.State.BrokenPromises);

        long trims = fixture.File.Services.Views.List.Trims;
        fixture.File.FlushAndPurge(Pages.Range(0), CoherencyOptions.ViewsNotSeen);
        Assert.Equal(trims, fixture.File.Services.Views.List.Trims);
    }

    [Theory]
    [InlineData(ViewAccess.Read, false)]
    [InlineData(ViewAccess.ReadWrite, false)]
    [InlineData(ViewAccess.Read, true)]
    [InlineData(ViewAccess.ReadWrite, true)]
    [Row(54, 55, 56)]
    public void Pages_that_a_view_has_touched_are_not_discarded_until_it_is_unmapped(
        ViewAccess access, bool isSynchronous)
    {
        using var fixture = new ViewFixture(
            Pages.Of(1, 80), dispatcher: PageFaultDispatcher.Open(isSynchronous: isSynchronous));
        var view = fixture.Map(access, first: 0, count: 80);
        Pages.Read(fixture.File, Pages.Range(0, 10));
        Assert.True(fixture.File.Discard(new ByteRange(0, fixture.File.Length)));

        NativeMemory.ReadByte(view, 70 * Pages.Bytes);
        Assert.False(fixture.File.Discard(new ByteRange(0, fixture.File.Length)));
        view.Dispose();
        Assert.True(fixture.File.Discard(new ByteRange(0, fixture.File.Length)));
        fixture.Store.ForgetCalls();
        Pages.Read(fixture.File, Pages.Range(70));
        Assert.Single(fixture.Store.Reads);
    }

    [Fact]
    [Row(107)]
    public void A_view_and_uncached_calls_agree_both_ways()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        for (byte value = 2; value < 50; value++)
        {
            fixture.File.WriteUncached(3 * Pages.Bytes, Pages.Of(value));
            Assert.Equal(value, NativeMemory.ReadByte(view, 3 * Pages.Bytes));
            NativeMemory.Write(view, 4 * Pages.Bytes, [value]);
            byte[] found = new byte[1];
            fixture.File.ReadUncached(4 * Pages.Bytes, found);
            Assert.Equal(value, found[0]);
        }
    }

    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    public void A_view_does_not_show_old_bytes_while_the_store_is_written_below_it(ViewAccess access)
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(access);
        NativeMemory.Read(view, 0, 10 * Pages.Bytes);
        byte seen = 0;
        var reader = new Thread(() => seen = NativeMemory.ReadByte(view, 3 * Pages.Bytes));
        fixture.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write || call.Offset != 3 * Pages.Bytes) return;

            // The page is suspended: whoever touches it waits for the store.
            reader.Start();
            Patience.Await(() => IsAwaited(fixture));
        };

        fixture.File.WriteUncached(3 * Pages.Bytes, Pages.Of(8));
        reader.Join();

        Assert.Equal(8, seen);
    }

    [Fact]
    public void A_thread_whose_page_is_frozen_while_it_is_read_goes_on_after_the_purge()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        view.Advise(ViewAdvice.Random);
        NativeMemory.ReadByte(view, 0);
        var extent = fixture.File.State.Extents.Find(0)!;
        fixture.Store.After = call =>
        {
            if (call.Kind != StoreCallKind.Read || call.Offset != 5 * Pages.Bytes) return;

            // What a purge does that began its epoch before this read did.
            lock (extent) extent.FreezeLocked(PageMask.Of(5, 1));
        };
        byte seen = 0;
        var reader = new Thread(() => seen = NativeMemory.ReadByte(view, 5 * Pages.Bytes));
        reader.Start();
        Patience.Await(() => IsAwaited(fixture));
        lock (extent) extent.ThawLocked(PageMask.Of(5, 1), fixture.Cache.State.Scheduler);
        reader.Join();

        Assert.Equal(1, seen);
    }

    [Fact]
    public void A_private_view_keeps_what_it_wrote_and_follows_the_file_elsewhere()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 40));
        using var view = fixture.Map(ViewAccess.CopyOnWrite);
        NativeMemory.Write(view, 0, [5]);
        Assert.Equal(1, NativeMemory.ReadByte(view, 20 * Pages.Bytes));

        fixture.File.Write(0, Pages.Of(2, 40));
        Assert.True(fixture.File.FlushAndPurge().IsComplete);

        Assert.Equal(Pages.Of(2, 40), fixture.Store.Content);
        Assert.Equal(5, NativeMemory.ReadByte(view, 0));
        Assert.Equal(1, NativeMemory.ReadByte(view, 1));
        Assert.Equal(2, NativeMemory.ReadByte(view, 20 * Pages.Bytes));
        Assert.Throws<NotSupportedException>(() => view.Read(0, new byte[1]));
    }

    [Fact]
    public void Closing_the_cache_while_a_view_is_mapped_is_refused_and_loses_nothing()
    {
        var store = new ScriptedStore(Pages.Of(1, 4));
        using var cache = new FileCache(
            new FileCacheOptions { CapacityBytes = 64 * Pages.Bytes, LazyWriterInterval = TimeSpan.Zero });
        if (cache.Services.Views.Faults.UnsupportedReason is { Length: > 0 } why) Assert.Skip($"views: {why}");
        var file = cache.Open(store);
        var view = file.MapView(Pages.Range(0, 4), ViewAccess.ReadWrite);
        NativeMemory.Write(view, 0, [5]);
        file.Close();
        Assert.Contains("view", Assert.Throws<InvalidOperationException>(cache.Close).Message);

        NativeMemory.Write(view, 1, [6]);
        view.Dispose();
        Assert.Equal([5, 6], store.Content[..2]);
        cache.Close();
    }

    [Fact]
    public void Advice_says_how_much_a_miss_brings_in()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 200), capacityPages: 1024);
        using var view = fixture.Map();
        view.Advise(ViewAdvice.Random);
        NativeMemory.ReadByte(view, 0);
        view.Advise(ViewAdvice.Sequential);
        NativeMemory.ReadByte(view, 64 * Pages.Bytes);

        Assert.Equal([Pages.Bytes, 64 * Pages.Bytes], fixture.Store.Reads.Select(static call => call.Length));
    }

    [Fact]
    public void Managed_accessors_go_past_the_address()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.File.MapView(new ByteRange(100, 5000), ViewAccess.ReadWrite);
        view.Write(10, [2, 3]);
        byte[] found = new byte[4];
        Assert.Equal(4, view.Read(9, found));

        Assert.Equal([1, 2, 3, 1], found);
        Assert.Equal([2, 3], NativeMemory.Read(view, 10, 2));
        Assert.Equal(10, view.Read(4990, new byte[100]));
        Assert.Throws<ArgumentOutOfRangeException>(() => view.Write(4999, [1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => fixture.File.MapView(new ByteRange(0, 11 * Pages.Bytes)));
    }

    [Fact]
    public void A_view_that_was_disposed_says_so()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        var view = fixture.Map();
        view.Dispose();

        Assert.Throws<ObjectDisposedException>(() => view.Address);
        Assert.Throws<ObjectDisposedException>(() => view.Prefault());
        Assert.Throws<ObjectDisposedException>(() => view.Read(0, new byte[1]));
        Assert.Throws<ObjectDisposedException>(() => view.Advise(ViewAdvice.Normal));
    }

    private static bool IsAwaited(ViewFixture fixture)
    {
        var extent = fixture.File.State.Extents.Find(0)!;
        lock (extent) return extent.Awaited != PageMask.None;
    }
}
