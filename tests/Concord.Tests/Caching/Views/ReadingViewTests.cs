namespace Concord.Tests.Caching.Views;

public sealed class ReadingViewTests
{
    [Fact]
    public void A_view_shows_the_files_bytes()
    {
        byte[] content = Pages.Pattern(100 * Pages.Bytes, seed: 1);
        using var fixture = new ViewFixture(content);
        using var view = fixture.Map();

        Assert.Equal(content, NativeMemory.Read(view, 0, content.Length));
    }

    [Fact]
    public void A_view_of_unaligned_bytes_begins_at_its_first()
    {
        byte[] content = Pages.Pattern(10 * Pages.Bytes, seed: 2);
        using var fixture = new ViewFixture(content);
        using var view = fixture.File.MapView(new ByteRange(5001, 9999));

        Assert.Equal(content.AsSpan(5001, 9999).ToArray(), NativeMemory.Read(view, 0, 9999));
        Assert.Equal(9999, view.Length);
    }

    [Fact]
    public void Neighbours_of_a_miss_come_with_one_call_of_the_store()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 64));
        using var view = fixture.Map();

        NativeMemory.Read(view, 0, 16 * Pages.Bytes);

        Assert.Single(fixture.Store.Reads);
    }

    [Fact]
    [Row(5)]
    public void After_a_flush_and_purge_the_same_address_shows_what_the_store_has_now()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 8));
        using var view = fixture.Map();
        Assert.Equal(1, NativeMemory.ReadByte(view, 3 * Pages.Bytes));

        fixture.Store.Put(3 * Pages.Bytes, Pages.Of(2));
        Assert.Equal(1, NativeMemory.ReadByte(view, 3 * Pages.Bytes));
        Assert.True(fixture.File.FlushAndPurge(Pages.Range(3)).IsComplete);

        Assert.Equal(2, NativeMemory.ReadByte(view, 3 * Pages.Bytes));
    }

    [Fact]
    public void A_page_that_was_purged_before_the_view_was_mapped_is_not_shown()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 8));
        Pages.Read(fixture.File, Pages.Range(0, 8));
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        fixture.Store.Put(0, Pages.Of(2, 8));

        using var view = fixture.Map();

        Assert.Equal(Pages.Of(2, 8), NativeMemory.Read(view, 0, 8 * Pages.Bytes));
    }

    [Fact]
    public void A_view_and_copies_see_each_other()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 8));
        using var view = fixture.Map(ViewAccess.ReadWrite);

        fixture.File.Write(Pages.Bytes, Pages.Of(2, 3));
        Assert.Equal(Pages.Of(2, 3), NativeMemory.Read(view, Pages.Bytes, 3 * Pages.Bytes));
        NativeMemory.Write(view, 6 * Pages.Bytes, Pages.Of(3));

        Assert.Equal(Pages.Of(3), Pages.Read(fixture.File, Pages.Range(6)));
    }

    [Fact]
    public void A_view_larger_than_the_cache_is_read_through()
    {
        byte[] content = Pages.Pattern(500 * Pages.Bytes, seed: 3);
        using var fixture = new ViewFixture(content, capacityPages: 32);
        using var view = fixture.Map();

        Assert.Equal(content, NativeMemory.Read(view, 0, content.Length));
        Assert.True(fixture.Cache.ResidentBytes <= fixture.Cache.CapacityBytes);
    }
}
