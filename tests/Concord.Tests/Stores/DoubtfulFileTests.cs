using Concord.Interop;
using Concord.Stores;
using Concord.Tests.Caching;

namespace Concord.Tests.Stores;

/// <summary>What is kept of a file whose barrier failed is that file's, and no other's.</summary>
public sealed class DoubtfulFileTests
{
    private static readonly byte[] Bytes = [1, 2, 3, 4];

    [Fact]
    public void While_bytes_are_kept_no_other_file_gets_the_number_of_theirs()
    {
        using var folder = new TempFolder();
        object identity = Keep(folder["first"], out var doubt);
        File.Delete(folder["first"]);
        for (int number = 0; number < 20; number++)
        {
            string path = folder[$"other-{number}"];
            using var other = LocalFileStore.Open(path, FileMode.CreateNew, FileAccess.ReadWrite);
            Assert.NotEqual(identity, other.Identity);
        }

        doubt.Forget(Assert.Single(doubt.Kept));
        Assert.Empty(doubt.Kept);
    }

    [Fact]
    public void A_cut_of_the_file_cuts_what_is_kept_of_it()
    {
        using var folder = new TempFolder();
        _ = Keep(folder["file"], out var doubt);
        using var store = LocalFileStore.Open(folder["file"], FileMode.Open, FileAccess.ReadWrite);
        store.SetLength(2);
        Assert.Equal(Bytes[..2], Assert.Single(doubt.Kept).Bytes);
        store.SetLength(0);
        Assert.Empty(doubt.Kept);
    }

    [Fact]
    public void A_file_that_has_the_number_of_a_deleted_one_is_not_in_doubt()
    {
        using var folder = new TempFolder();
        _ = Keep(folder["first"], out var doubt);
        var first = LifeOf(folder["first"]);
        Assert.SkipWhen(first.Born == 0, "this file system does not say when a file was made");
        doubt.Forget(Assert.Single(doubt.Kept));
        File.Delete(folder["first"]);
        for (int number = 0; number < 200; number++)
        {
            string path = folder[$"other-{number}"];
            LocalFileStore.Open(path, FileMode.CreateNew, FileAccess.ReadWrite).Dispose();
            var other = LifeOf(path);
            Assert.Null(DoubtfulFile.Of(other));
            if (other.Identity == first.Identity) return;
        }
    }

    /// <summary>What lies around a write is looked at and dropped; another write may be under way there.</summary>
    [Theory]
    [InlineData(StoreCaching.Automatic)]
    [InlineData(StoreCaching.Buffered)]
    public async Task Writes_side_by_side_after_a_failed_barrier_lose_nothing_of_each_other(StoreCaching caching)
    {
        const int writers = 4, pages = 64, rounds = 8;
        using var folder = new TempFolder();
        await File.WriteAllBytesAsync(
            folder["file"], new byte[pages * Pages.Bytes], TestContext.Current.CancellationToken);
        using var store = LocalFileStore.Open(
            folder["file"], FileMode.Open, FileAccess.ReadWrite, caching: caching);
        for (int round = 1; round <= rounds; round++)
        {
            // Every page is in doubt anew, and in the system's cache.
            DoubtfulFile.NoteFailure(LifeOf(folder["file"]));
            _ = await File.ReadAllBytesAsync(folder["file"], TestContext.Current.CancellationToken);
            byte[] bytes = Pages.Of((byte)round);
            await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() =>
            {
                for (int page = writer; page < pages; page += writers) store.Write(page * Pages.Bytes, [bytes]);
            })));
            byte[] there = await File.ReadAllBytesAsync(folder["file"], TestContext.Current.CancellationToken);
            Assert.DoesNotContain(there, value => value != (byte)round);
            store.Barrier();
        }
    }

    private static FileLife LifeOf(string path)
    {
        using var handle = File.OpenHandle(path);
        return FileLife.Of(handle, path);
    }

    private static object Keep(string path, out DoubtfulFile doubt)
    {
        using var store = LocalFileStore.Open(path, FileMode.CreateNew, FileAccess.ReadWrite);
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        DoubtfulFile.NoteFailure(FileLife.Of(handle, path));
        doubt = DoubtfulFile.Of(FileLife.Of(handle, path))!;
        doubt.Keep(handle, 0, Bytes);
        return store.Identity;
    }
}
