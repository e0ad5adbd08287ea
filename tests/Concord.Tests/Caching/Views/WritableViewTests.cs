namespace Concord.Tests.Caching.Views;

public sealed class WritableViewTests
{
    [Fact]
    [Row(6)]
    public void What_a_view_wrote_is_in_the_store_after_a_flush()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 100));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 7, [9, 9, 9]);
        NativeMemory.Write(view, 99 * Pages.Bytes, Pages.Of(8));

        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);

        Assert.Equal([1, 9, 9, 9, 1], fixture.Store.Content[6..11]);
        Assert.Equal(Pages.Of(8), fixture.Store.Content[(99 * Pages.Bytes)..]);
    }

    [Fact]
    public void A_page_that_was_only_read_is_not_written()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 100));
        Pages.Read(fixture.File, Pages.Range(50, 10));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Read(view, 0, 100 * Pages.Bytes);

        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        NativeMemory.Read(view, 0, 100 * Pages.Bytes);
        Assert.True(fixture.File.FlushAndPurge().IsComplete);

        Assert.Empty(fixture.Store.Writes);
    }

    [Fact]
    public void Each_flush_writes_only_what_was_written_since_the_last()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 100));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Read(view, 0, 100 * Pages.Bytes);
        for (byte round = 2; round < 10; round++)
        {
            fixture.Store.ForgetCalls();
            NativeMemory.Write(view, round * Pages.Bytes, [round]);
            var result = fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
            Assert.Equal(Pages.Bytes, result.BytesWritten);
            Assert.Equal([new StoreCall(StoreCallKind.Write, round * Pages.Bytes, Pages.Bytes)], fixture.Store.Writes);
        }
    }

    [Fact]
    public void Unmapping_loses_nothing()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 3 * Pages.Bytes, Pages.Of(7));
        view.Dispose();
        view.Dispose();

        Assert.Equal(Pages.Of(7), Pages.Read(fixture.File, Pages.Range(3)));
        fixture.File.FlushAndPurge();
        Assert.Equal(Pages.Of(7), fixture.Store.Content[(3 * Pages.Bytes)..(4 * Pages.Bytes)]);
    }

    [Fact]
    public void A_view_larger_than_the_cache_is_written_through()
    {
        byte[] content = Pages.Pattern(300 * Pages.Bytes, seed: 4);
        using var fixture = new ViewFixture(new byte[content.Length], capacityPages: 32);
        using (var view = fixture.Map(ViewAccess.ReadWrite)) NativeMemory.Write(view, 0, content);

        Assert.True(fixture.Cache.ResidentBytes <= fixture.Cache.CapacityBytes);
        fixture.File.FlushAndPurge();
        Assert.Equal(content, fixture.Store.Content);
    }
}
