using Concord.Scheduling;
using Concord.Tests.Caching.Views;

namespace Concord.Tests.Caching;

/// <summary>
/// The owner of a store says how far its bytes are valid. Whoever writes behind that, in whichever way, has written:
/// it is read back from the store after a purge, and no word of the owner hides it.
/// </summary>
public sealed class ValidLengthTests
{
    private const int FilePages = 8, Place = 5 * 4096 + 30;

    public static TheoryData<string> Forms => [.. FormsByName.Keys];

    private static Dictionary<string, Action<CachedFile>> FormsByName { get; } = new()
    {
        ["a copy"] = static file => file.Write(Place, [7, 7]),
        ["a lease"] = static file => WriteLeased(file, new ByteRange(Place, 2), LeaseAccess.Write),
        ["an overwriting lease"] = static file => WriteLeased(file, Pages.Range(5), LeaseAccess.Overwrite),
        ["a lease over several pages"] = static file => WriteLeased(file, Pages.Range(3, 5), LeaseAccess.Write),
        ["several runs"] = static file =>
        {
            file.Write(3 * Pages.Bytes, [7]);
            file.Write(Place, [7, 7]);
            file.Write(7 * Pages.Bytes, [7]);
        },
        ["an uncached write"] = static file => file.WriteUncached(Place, new byte[] { 7, 7 }),
        ["a sharer"] = static file =>
        {
            Assert.True(SyncCompletion.Result(file.Services.Paging.WriteAsync(
                Place, new byte[] { 7, 7 }, CallMode.Blocking, CancellationToken.None)));
        },
        ["a hold"] = static file =>
        {
            using var hold = file.AcquireExclusive();
            hold.Write(Place, [7, 7]);
        },
        ["a stream"] = static file =>
        {
            using var stream = file.AsStream(leaveOpen: true);
            stream.Position = Place;
            stream.Write([7, 7]);
            stream.Flush();
        },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void What_is_written_behind_the_valid_length_is_there_after_a_purge(string form)
    {
        using var test = new CachedFixture(new byte[FilePages * Pages.Bytes]);
        test.File.SetSizes(FilePages * Pages.Bytes, 2 * Pages.Bytes);
        FormsByName[form](test.File);
        Assert.Equal(FilePages * Pages.Bytes, test.File.Length);
        Check(test);
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Check(test);
        Assert.Equal(FilePages * Pages.Bytes, test.File.Length);
        Assert.Equal(7, test.Store.Content[Place + 1]);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_shorter_valid_length_hides_nothing_that_came_through_the_cache(string form)
    {
        using var test = new CachedFixture(new byte[FilePages * Pages.Bytes]);
        FormsByName[form](test.File);
        test.File.SetSizes(FilePages * Pages.Bytes, Pages.Bytes);
        Check(test);
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Check(test);
        test.File.SetSizes(FilePages * Pages.Bytes, Pages.Bytes);
        Assert.True(test.File.FlushAndPurge().IsComplete);
        Check(test);
    }

    [Fact]
    public void What_a_view_writes_behind_the_valid_length_is_there_after_a_purge()
    {
        using var test = new ViewFixture(new byte[FilePages * Pages.Bytes]);
        test.File.SetSizes(FilePages * Pages.Bytes, 2 * Pages.Bytes);
        using (var view = test.Map(ViewAccess.ReadWrite))
        {
            NativeMemory.Write(view, Place, [7, 7]);
            Assert.True(test.File.FlushAndPurge().IsComplete);
            Assert.Equal(7, NativeMemory.ReadByte(view, Place + 1));
            test.File.SetSizes(FilePages * Pages.Bytes, Pages.Bytes);
            Assert.True(test.File.FlushAndPurge().IsComplete);
            Assert.Equal(7, NativeMemory.ReadByte(view, Place));
        }

        Assert.Equal([7, 7], Pages.Read(test.File, new ByteRange(Place, 2)));
        Assert.Equal([7, 7], test.Store.Content[Place..(Place + 2)]);
    }

    [Fact]
    public void Behind_the_valid_length_of_an_untouched_file_there_are_zeros_whatever_the_store_has()
    {
        using var test = new CachedFixture(Pages.Of(1, FilePages));
        test.File.SetSizes(FilePages * Pages.Bytes, Pages.Bytes + 10);
        byte[] expected = new byte[FilePages * Pages.Bytes];
        expected.AsSpan(0, Pages.Bytes + 10).Fill(1);
        Assert.Equal(expected, Pages.Read(test.File, Pages.Range(0, FilePages)));
        Assert.True(test.File.FlushAndPurge().IsComplete);
        test.File.Load();
        Assert.Equal(expected, Pages.Read(test.File, Pages.Range(0, FilePages)));
    }

    private static void Check(CachedFixture test) =>
        Assert.Equal([7, 7], Pages.Read(test.File, new ByteRange(Place, 2)));

    private static void WriteLeased(CachedFile file, ByteRange range, LeaseAccess access)
    {
        using var lease = file.Lease(range, access);
        lease.WritableSpan.Fill(7);
    }
}
