using Concord.Cli.Files;
using Concord.Cli.Running;
using Concord.Tests.Interop;

namespace Concord.Tests.Cli;

/// <summary>A walk over directories that change meanwhile, and that are mounted more than once.</summary>
[Collection(SideBySide.Command)]
public class FileWalkTests
{
    private const nuint Bind = 0x1000;

    public FileWalkTests() => Assert.SkipUnless(SystemFile.IsSupported, SystemFile.UnsupportedReason ?? "");

    [Fact]
    public void What_vanishes_meanwhile_is_counted_and_no_error()
    {
        using var folder = new Folder();
        for (int i = 0; i < 20; i++) folder.Add($"file{i}", 1);
        Failures failures = new(Output.Open(), keep: true);
        FileWalk walk = new(new FileSelection([folder.Path]), failures);
        int files = 0;
        foreach (WalkedFile file in walk.Files())
        {
            if (files++ > 0) continue;
            IEnumerable<string> others = Directory.GetFiles(folder.Path).Where(path => path != file.Path);
            foreach (string other in others) File.Delete(other);
        }

        Assert.Equal((1, 19, 0), (files, walk.Vanished, failures.Count));
    }

    [Fact]
    public void A_directory_that_is_replaced_by_a_link_is_not_entered()
    {
        const int Inner = 20, Files = 5;
        using var folder = new Folder();
        using var elsewhere = new Folder();
        elsewhere.Add("secret");
        for (int i = 0; i < Inner; i++) folder.Add($"inner{i}/file");
        string[] files = [.. Enumerable.Range(0, Files).Select(i => folder.Add($"file{i}"))];
        Failures failures = new(Output.Open(), keep: true);
        FileWalk walk = new(new FileSelection([folder.Path]), failures);
        List<string> met = [];
        foreach (WalkedFile file in walk.Files())
        {
            met.Add(file.Path);
            if (met.Count < Files) continue;

            // By now most were looked at, and none was entered.
            foreach (string inner in Directory.GetDirectories(folder.Path))
            {
                Directory.Delete(inner, recursive: true);
                Directory.CreateSymbolicLink(inner, elsewhere.Path);
            }
        }

        Assert.Equal(files, met.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_directory_that_is_mounted_twice_is_counted_once()
    {
        Assert.SkipUnless(SystemCache.Rights.MayMount, "mounting needs CAP_SYS_ADMIN");
        using var folder = new Folder();
        folder.Add("tree/a/file");
        Directory.CreateDirectory(folder.At("tree/b"));
        Native.Succeeded(Native.Mount(folder.At("tree/a"), folder.At("tree/b"), "none", Bind, ""), "bind a directory");
        try
        {
            FileWalk walk = new(new FileSelection([folder.At("tree")]), new Failures(Output.Open(), keep: true));
            int files = 0;
            foreach (WalkedFile file in walk.Files())
            {
                using SystemFile opened = file.Open();
                files++;
            }

            Assert.Equal(1, files);
        }
        finally
        {
            Native.Succeeded(Native.Umount(folder.At("tree/b")), "take the mount away");
        }
    }

    [Fact]
    public void Of_a_block_device_it_is_said_that_the_cache_keeps_pages_and_of_a_character_device_that_it_keeps_none()
    {
        Assert.Contains("the cache keeps no pages", ConcordProgram.Run("status", "/dev/null").Exits(2).Error,
            StringComparison.Ordinal);
        string? device = Directory.Exists("/sys/class/block")
            ? Directory.GetFileSystemEntries("/sys/class/block")
                .Select(static place => $"/dev/{Path.GetFileName(place)}").FirstOrDefault(File.Exists)
            : null;
        Assert.SkipWhen(device is null, "there is no block device here");
        Assert.Contains("the cache keeps pages of it", ConcordProgram.Run("status", device).Exits(2).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Hard_links_are_counted_once()
    {
        using var folder = new Folder();
        HardLinks.Add(folder.Add("file"), folder.At("other"));
        FileWalk walk = new(new FileSelection([folder.Path]), new Failures(Output.Open(), keep: true));
        Assert.Single(walk.Files());
        Assert.Equal(1, walk.FurtherNames);
    }
}
