using Concord.Interop.Linux;

namespace Concord.Tests.Stores;

/// <summary>Files whose names are bytes that are no UTF-8: that file is opened or made, and no other.</summary>
public sealed class ByteNameTests
{
    /// <summary>One byte that is no UTF-8, between letters, as strings carry it.</summary>
    private const string Name = "a\uDC80b";

    [Fact]
    public void A_file_with_such_a_name_is_made_opened_and_flushed_and_no_other()
    {
        Skip();
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, Name);
        using (var cache = new FileCache())
        using (var file = cache.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite))
        {
            file.Write(0, "bytes"u8);
            file.FlushAndPurge().ThrowIfIncomplete();
        }

        // .NET lists it under a name that it cannot be opened by.
        Assert.Equal("a\uFFFDb", Path.GetFileName(Assert.Single(Directory.GetFiles(folder.Path))));
        using var store = LocalFileStore.Open(path);
        Assert.Equal(5, store.GetLength());
        File.WriteAllText(Path.Combine(folder.Path, "a\uFFFDb"), "another file");
        using var again = LocalFileStore.Open(path);
        Assert.Equal(5, again.GetLength());
        Remove(folder.Path, path);
    }

    [Fact]
    public void What_is_missing_is_missing_and_what_is_there_is_not_made_anew()
    {
        Skip();
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, Name);
        File.WriteAllText(Path.Combine(folder.Path, "a\uFFFDb"), "another file");
        Assert.Throws<FileNotFoundException>(() => LocalFileStore.Open(path));
        Assert.Throws<FileNotFoundException>(
            () => LocalFileStore.Open(Path.Combine(path, "inside"), FileMode.OpenOrCreate, FileAccess.ReadWrite));
        LocalFileStore.Open(path, FileMode.CreateNew, FileAccess.ReadWrite).Dispose();
        Assert.ThrowsAny<IOException>(() => LocalFileStore.Open(path, FileMode.CreateNew, FileAccess.ReadWrite));
        Remove(folder.Path, path);
    }

    [Fact]
    public void A_link_that_leads_to_such_a_name_makes_no_other_file()
    {
        Skip();
        using var folder = new TempFolder();
        string link = Path.Combine(folder.Path, "link");
        Shell("ln -s \"$(printf 'a\\200b')\" link", folder.Path);
        var error = Assert.ThrowsAny<IOException>(
            () => LocalFileStore.Open(link, FileMode.OpenOrCreate, FileAccess.ReadWrite));
        Assert.Contains("not UTF-8", error.Message, StringComparison.Ordinal);
        Assert.Equal("link", Path.GetFileName(Assert.Single(Directory.GetFileSystemEntries(folder.Path))));
    }

    private static void Skip() => Assert.SkipUnless(
        OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "names of files are bytes on Linux");

    /// <summary>.NET cannot remove it, nor the folder that has it.</summary>
    private static void Remove(string folder, string path)
    {
        Assert.True(PathBytes.HasOthers(path));
        Shell("rm -f -- *", folder);
    }

    private static void Shell(string command, string folder)
    {
        using var shell = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = folder })!;
        shell.WaitForExit();
        Assert.Equal(0, shell.ExitCode);
    }
}
