using Concord.Interop;
using Concord.Stores;

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
