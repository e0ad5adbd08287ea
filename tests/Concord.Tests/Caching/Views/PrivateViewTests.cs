namespace Concord.Tests.Caching.Views;

/// <summary>
/// What a copy-on-write view writes is its own: no page of the file becomes dirty, and none is written.
/// </summary>
public sealed class PrivateViewTests
{
    [Fact]
    public void Writing_through_it_makes_nothing_dirty_and_writes_nothing()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 40));
        using var view = fixture.Map(ViewAccess.CopyOnWrite);
        fixture.File.Read(0, new byte[4 * Pages.Bytes]);
        for (int page = 0; page < 40; page += 3) NativeMemory.Write(view, page * Pages.Bytes, Pages.Of(5));
        Assert.Equal(0, fixture.Cache.DirtyBytes);
        Assert.Equal(0, fixture.File.WritableViews);
        Assert.True(fixture.File.Flush().IsComplete);
        Assert.Empty(fixture.Store.Writes);
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        Assert.Empty(fixture.Store.Writes);
        Assert.Equal(Pages.Of(1, 40), Pages.Read(fixture.File, Pages.Range(0, 40)));
        Assert.Equal(5, NativeMemory.ReadByte(view, 3 * Pages.Bytes));
    }

    [Fact]
    public void Unmapping_it_writes_nothing_and_the_file_shows_its_own_bytes()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 8));
        var view = fixture.Map(ViewAccess.CopyOnWrite);
        NativeMemory.Write(view, 0, Pages.Of(5, 8));
        view.Dispose();
        Assert.Equal(0, fixture.Cache.DirtyBytes);
        using var other = fixture.Map();
        Assert.Equal(Pages.Of(1, 8), NativeMemory.Read(other, 0, 8 * Pages.Bytes));
        fixture.File.Close();
        Assert.Empty(fixture.Store.Writes);
    }

    [Fact]
    public void Beside_a_view_for_writing_only_what_that_one_wrote_is_written()
    {
        using var fixture = new ViewFixture(Pages.Of(1, 8));
        using var own = fixture.Map(ViewAccess.CopyOnWrite);
        using var shared = fixture.Map(ViewAccess.ReadWrite);
        for (int page = 0; page < 8; page++) NativeMemory.Write(own, page * Pages.Bytes, [9]);
        NativeMemory.Write(shared, (3 * Pages.Bytes) + 1, [4]);
        Assert.True(fixture.File.FlushAndPurge().IsComplete);
        byte[] expected = Pages.Of(1, 8);
        expected[(3 * Pages.Bytes) + 1] = 4;
        Assert.Equal(expected, fixture.Store.Content);
        Assert.Equal([Pages.Range(3)], fixture.Store.Writes.Select(static call => call.Range));
        Assert.Equal(expected, NativeMemory.Read(shared, 0, expected.Length));
    }

    [Fact]
    public void What_a_thread_writes_until_a_view_is_unmapped_is_in_the_store_and_what_its_own_view_wrote_is_not()
    {
        using var fixture = new ViewFixture(Pages.Of(0, 4));
        using var own = fixture.Map(ViewAccess.CopyOnWrite);
        for (int turn = 1; turn <= 20; turn++)
        {
            var shared = fixture.Map(ViewAccess.ReadWrite);
            int written = 0;
            using (var late = new Repeating(() =>
            {
                NativeMemory.Write(shared, Pages.Bytes, BitConverter.GetBytes(++written));
                NativeMemory.Write(own, Pages.Bytes, BitConverter.GetBytes(-written));
            }))
            {
                fixture.File.FlushAndPurge();
                late.Stop();
            }

            shared.Dispose();
            fixture.File.Flush();
            Assert.Equal(written, BitConverter.ToInt32(fixture.Store.Content, Pages.Bytes));
        }
    }
}
