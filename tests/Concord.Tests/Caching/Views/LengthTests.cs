namespace Concord.Tests.Caching.Views;

public sealed class LengthTests
{
    [Fact]
    [Row(100)]
    public void A_cut_below_a_view_is_not_advised_until_it_is_unmapped()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        var view = fixture.Map(first: 4, count: 2);

        Assert.False(fixture.File.CanCut(5 * Pages.Bytes));
        Assert.True(fixture.File.CanCut(6 * Pages.Bytes));
        view.Dispose();
        Assert.True(fixture.File.CanCut(5 * Pages.Bytes));
    }

    [Fact]
    [Row(101)]
    public void Pages_of_the_cache_alone_do_not_stand_against_a_cut()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        Pages.Read(fixture.File, Pages.Range(0, 10));

        Assert.True(fixture.File.CanCut(0));
    }

    [Fact]
    [Row(102)]
    public void A_view_does_not_stand_against_an_extension()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map();

        Assert.True(fixture.File.CanCut(20 * Pages.Bytes));
        fixture.File.SetLength(20 * Pages.Bytes);
        Assert.Equal(1, NativeMemory.ReadByte(view, 9 * Pages.Bytes));
    }

    [Fact]
    [Row(104)]
    public void Views_open_for_writing_are_counted_also_when_no_handle_of_a_caller_is_left()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        var store = new ScriptedStore(Pages.Of(1, 4));
        var file = fixture.Cache.Open(store);
        Assert.Equal(0, file.WritableViews);
        var reading = file.MapView(Pages.Range(0));
        Assert.Equal(0, file.WritableViews);
        var view = file.MapView(Pages.Range(0), ViewAccess.ReadWrite);
        Assert.Equal(1, file.WritableViews);
        file.Dispose();

        NativeMemory.Write(view, 0, [5]);
        Assert.Equal(1, fixture.Cache.Open(store, leaveOpen: true) is { } again ? Close(again) : 0);
        view.Dispose();
        using (var last = fixture.Cache.Open(store, leaveOpen: true)) Assert.Equal(0, last.WritableViews);
        reading.Dispose();
        Assert.Equal(5, store.Content[0]);
    }

    [Theory]
    [InlineData(ViewAccess.Read)]
    [InlineData(ViewAccess.ReadWrite)]
    [InlineData(ViewAccess.CopyOnWrite)]
    public void Behind_a_cut_a_view_shows_zeros_and_after_an_extension_too(ViewAccess access)
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(access);
        NativeMemory.Read(view, 0, 10 * Pages.Bytes);

        fixture.File.SetLength((3 * Pages.Bytes) + 100);
        Assert.Equal(new byte[(7 * Pages.Bytes) - 100],
            NativeMemory.Read(view, (3 * Pages.Bytes) + 100, (7 * Pages.Bytes) - 100));
        Assert.Equal(1, NativeMemory.ReadByte(view, (3 * Pages.Bytes) + 99));

        fixture.File.SetLength(10 * Pages.Bytes);
        Assert.Equal(new byte[(7 * Pages.Bytes) - 100],
            NativeMemory.Read(view, (3 * Pages.Bytes) + 100, (7 * Pages.Bytes) - 100));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_a_view_wrote_behind_the_end_is_zeros_after_an_extension(bool byWrite)
    {
        using var fixture = new ViewFixture([1, 2, 3]);
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 0, [9, 9, 9, 9, 9, 9]);
        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal([9, 9, 9], fixture.Store.Content);
        NativeMemory.Write(view, 0, [8, 8, 8, 8, 8, 8]);

        if (byWrite) fixture.File.Write(20, [7]);
        else fixture.File.SetLength(21);

        Assert.Equal([8, 8, 8, 0, 0, 0, 0], Pages.Read(fixture.File, new ByteRange(0, 7)));
        Assert.Equal([8, 8, 8, 0, 0, 0, 0], NativeMemory.Read(view, 0, 7));
        fixture.File.FlushAndPurge();
        Assert.Equal([8, 8, 8, 0, 0, 0, 0], fixture.Store.Content[..7]);
        Assert.Equal(21, fixture.Store.Content.Length);
    }

    [Fact]
    public void What_a_view_wrote_behind_a_cut_is_nobodys()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 10));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        NativeMemory.Write(view, 8 * Pages.Bytes, Pages.Of(5, 2));
        fixture.File.SetLength(5 * Pages.Bytes);
        NativeMemory.Write(view, 7 * Pages.Bytes, Pages.Of(6, 2));
        fixture.File.FlushAndPurge(CoherencyOptions.NoPurge);
        Assert.Equal(5 * Pages.Bytes, fixture.Store.Content.Length);

        fixture.File.SetLength(10 * Pages.Bytes);
        Assert.Equal(new byte[5 * Pages.Bytes], NativeMemory.Read(view, 5 * Pages.Bytes, 5 * Pages.Bytes));
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        Assert.Equal(new byte[5 * Pages.Bytes], fixture.Store.Content[(5 * Pages.Bytes)..]);
    }

    private static int Close(CachedFile file)
    {
        int views = file.WritableViews;
        file.Dispose();
        return views;
    }

    [Fact]
    public async Task A_write_of_nothing_behind_the_end_makes_a_mapped_file_no_longer()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 4));
        using var view = fixture.Map(ViewAccess.ReadWrite);
        long behind = 10 * Pages.Bytes;
        fixture.File.Write(behind, []);
        await fixture.File.WriteAsync(behind, ReadOnlyMemory<byte>.Empty, TestContext.Current.CancellationToken);
        Assert.True(fixture.File.TryWrite(behind, []));
        fixture.File.WriteUncached(behind, ReadOnlyMemory<byte>.Empty);
        using (var stream = fixture.File.AsStream(leaveOpen: true))
        {
            stream.Position = behind;
            stream.Write([]);
        }

        Assert.Equal(4 * Pages.Bytes, fixture.File.Length);
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        Assert.Equal(4 * Pages.Bytes, fixture.Store.Content.Length);
    }
}
