using Concord.Tests.Interop;

namespace Concord.Tests.Caching.Views;

public sealed class LockedPageTests
{
    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    [InlineData(ViewAccess.CopyOnWrite)]
    public void Locked_pages_of_a_view_are_reported_page_by_page_and_keep_their_bytes(ViewAccess access)
    {
        using var fixture = new ViewFixture(Pages.Of(1, 80));
        using var view = fixture.Map(access);
        NativeMemory.Read(view, 0, 80 * Pages.Bytes);
        Native.Succeeded(Native.Mlock(view.Address + (5 * Pages.Bytes), Pages.Bytes), "lock a page");
        Native.Succeeded(Native.Mlock(view.Address + (70 * Pages.Bytes), 2 * Pages.Bytes), "lock two pages");

        var result = fixture.File.FlushAndPurge();

        Assert.Equal(CoherencyStatus.CachePageLocked, result.Status);
        Assert.Equal([Pages.Range(5), Pages.Range(70, 2)], result.Left.Select(static left => left.Range));
        Assert.All(result.Left, static left => Assert.Equal(LeftReason.Lock, left.Reason));
        Assert.Equal(77, result.PagesPurged);
        Native.Succeeded(Native.Munlock(view.Address, 80 * Pages.Bytes), "unlock");
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void A_locked_page_that_is_written_is_in_the_store_and_stays()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 0, [2]);
        Native.Succeeded(Native.Mlock(view.Address, Pages.Bytes), "lock a page");
        NativeMemory.Write(view, 1, [3]);

        Assert.Equal(LeftReason.Lock, Assert.Single(fixture.File.FlushAndPurge().Left).Reason);
        Assert.Equal([2, 3], fixture.Store.Content[..2]);

        NativeMemory.Write(view, 2, [4]);
        fixture.File.FlushAndPurge();
        Assert.Equal([2, 3, 4], fixture.Store.Content[..3]);
        Native.Succeeded(Native.Munlock(view.Address, Pages.Bytes), "unlock");
    }

    [Fact]
    public void A_leased_page_under_a_view_is_left_and_the_others_go()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Read(view, 0, 10 * Pages.Bytes);
        using (view.Lease(Pages.Range(3)))
        {
            var left = Assert.Single(fixture.File.FlushAndPurge().Left);
            Assert.Equal(new LeftRange(Pages.Range(3), LeftReason.Lease), left);
        }

        Assert.True(fixture.File.FlushAndPurge().IsComplete);
    }

    [Fact]
    public void An_uncached_write_below_a_locked_page_reaches_the_view_all_the_same()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map();
        NativeMemory.Read(view, 0, 10 * Pages.Bytes);
        Native.Succeeded(Native.Mlock(view.Address, Pages.Bytes), "lock a page");

        fixture.File.WriteUncached(0, Pages.Of(9, 2));

        Assert.Equal(Pages.Of(9, 2), NativeMemory.Read(view, 0, 2 * Pages.Bytes));
        Native.Succeeded(Native.Munlock(view.Address, Pages.Bytes), "unlock");
    }
}
