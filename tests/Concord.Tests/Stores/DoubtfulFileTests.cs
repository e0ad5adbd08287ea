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

    private static object Keep(string path, out DoubtfulFile doubt)
    {
        using var store = LocalFileStore.Open(path, FileMode.CreateNew, FileAccess.ReadWrite);
        using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        DoubtfulFile.NoteFailure(store.Identity);
        doubt = DoubtfulFile.Of(store.Identity)!;
        doubt.Keep(handle, 0, Bytes);
        return store.Identity;
    }
}
