using Concord.Caching;
using Concord.Memory;
using Concord.Tests.Interop;

namespace Concord.Tests.Caching.Views;

/// <summary>A purge writes pages back that views can write: the store has them as they stay while it works.</summary>
public sealed class FrozenForWriteTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Who_writes_a_page_that_a_purge_writes_back_waits_for_the_store_and_is_not_lost(bool isSynchronous)
    {
        using var fixture = new ViewFixture(
            Pages.Of(1, 80), dispatcher: PageFaultDispatcher.Open(isSynchronous: isSynchronous));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 0, [2]);
        var extent = fixture.File.State.Extents.Find(0)!;
        bool waited = false;
        Thread? writer = null;
        fixture.Store.Before = call =>
        {
            if (call.Kind != StoreCallKind.Write || writer is not null) return;
            writer = new Thread(() => NativeMemory.Write(view, 1, [3]));
            writer.Start();
            Patience.Await(() => HasWaiter(extent));
            waited = true;
        };
        var result = fixture.File.FlushAndPurge();
        writer!.Join();

        Assert.True(waited, "the writer had to wait while the page was written back");
        Assert.True(result.IsComplete);
        Assert.True(fixture.Store.Content[..2] is [2, 1] or [2, 3]);
        Assert.Equal(PageMask.None, extent.Frozen);
        fixture.File.FlushAndPurge();
        Assert.Equal([2, 3], fixture.Store.Content[..2]);
    }

    [Fact]
    public void A_flush_without_a_purge_keeps_nobody_waiting()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 80));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 0, [2]);
        int writes = 0;
        fixture.Store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Write && ++writes == 1) NativeMemory.Write(view, 1, [3]);
        };

        Assert.True(fixture.File.FlushAndPurge(CoherencyOptions.NoPurge).IsComplete);
        Assert.Equal(2, fixture.Store.Content[0]);
        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal([2, 3], fixture.Store.Content[..2]);
    }

    [Fact]
    public void A_page_locked_in_a_view_is_copied_and_its_writers_do_not_wait()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 80));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 0, [2]);
        NativeMemory.Write(view, 70 * Pages.Bytes, [4]);
        Native.Succeeded(Native.Mlock(view.Address, Pages.Bytes), "lock a page");
        int writes = 0;
        fixture.Store.Before = call =>
        {
            if (call.Kind == StoreCallKind.Write && call.Offset == 0 && ++writes == 1) NativeMemory.Write(view, 1, [3]);
        };

        var left = Assert.Single(fixture.File.FlushAndPurge().Left);
        Assert.Equal((Pages.Range(0), LeftReason.Lock), (left.Range, left.Reason));
        Assert.Equal([2, 3], fixture.Store.Content[..2]);
        Assert.Equal(4, fixture.Store.Content[70 * Pages.Bytes]);
        Native.Succeeded(Native.Munlock(view.Address, Pages.Bytes), "unlock a page");
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void After_a_write_that_failed_views_go_on_and_nothing_is_lost()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 80));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 0, [2]);
        fixture.Store.Fails = static call => call.Kind == StoreCallKind.Write ? new IOException("no") : null;
        Assert.Throws<WriteBackException>(() => fixture.File.FlushAndPurge());

        NativeMemory.Write(view, 1, [3]);
        fixture.Store.Fails = static _ => null;
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        Assert.Equal([2, 3], fixture.Store.Content[..2]);
    }

    private static bool HasWaiter(Extent extent)
    {
        lock (extent) return (extent.Awaited & 1) != 0;
    }
}
