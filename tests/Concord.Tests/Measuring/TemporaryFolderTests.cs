using Concord.Measuring.Files;
using Concord.Tests.Stores;

namespace Concord.Tests.Measuring;

/// <summary>
/// Folders of a moment, where others may have the right to write: made, not found, and nothing is followed.
/// </summary>
public class TemporaryFolderTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Fact]
    public void A_folder_is_new_closed_to_others_and_gone_afterwards_with_everything_in_it()
    {
        using var parent = new TempFolder();
        using (var one = TemporaryFolder.Create("test", [parent.Path]))
        using (var other = TemporaryFolder.Create("test", [parent.Path]))
        {
            Assert.NotEqual(one.Path, other.Path);
            Assert.Equal(parent.Path, one.Parent);
            if (!OperatingSystem.IsWindows()) Assert.Equal(OwnerOnly, File.GetUnixFileMode(one.Path));
            File.WriteAllText(one["file"], "one");
            Directory.CreateDirectory(Path.Combine(one["inner"], "most"));
            Assert.Equal("one", File.ReadAllText(Path.Combine(one.Path, "file")));
            Assert.Empty(Directory.GetFileSystemEntries(other.Path));
        }

        Assert.Empty(Directory.GetFileSystemEntries(parent.Path));
    }

    [Fact]
    public void A_folder_that_somebody_renames_and_replaces_keeps_its_files_and_nothing_else_is_touched()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux(), SkipPolicy.OtherSystem + "files are reached through the open folder on Linux");
        using var parent = new TempFolder();
        string victim = parent["victim"], moved = parent["moved"];
        Directory.CreateDirectory(victim);
        File.WriteAllText(Path.Combine(victim, "file"), "whole");
        using (var folder = TemporaryFolder.Create("test", [parent.Path]))
        {
            Directory.Move(folder.Path, moved);
            Directory.CreateSymbolicLink(folder.Path, victim);
            File.WriteAllText(folder["file"], "ours");
            Assert.Equal("ours", File.ReadAllText(Path.Combine(moved, "file")));
        }

        Assert.Equal("whole", File.ReadAllText(Path.Combine(victim, "file")));
        Assert.Empty(Directory.GetFileSystemEntries(moved));
    }

    [Fact]
    public void A_link_in_a_folder_is_taken_away_and_what_it_leads_to_stays()
    {
        using var parent = new TempFolder();
        string victim = parent["victim"];
        Directory.CreateDirectory(victim);
        File.WriteAllText(Path.Combine(victim, "file"), "whole");
        using (var folder = TemporaryFolder.Create("test", [parent.Path]))
        {
            Directory.CreateSymbolicLink(folder["link"], victim);
            File.CreateSymbolicLink(folder["file"], Path.Combine(victim, "file"));
        }

        Assert.Equal("whole", File.ReadAllText(Path.Combine(victim, "file")));
        Assert.Equal([victim], Directory.GetFileSystemEntries(parent.Path));
    }

    [Fact]
    public void The_first_directory_that_takes_a_folder_has_it_and_without_one_the_reason_is_told()
    {
        using var parent = new TempFolder();
        string absent = parent["absent"];
        using (var folder = TemporaryFolder.Create("test", [absent, parent.Path]))
            Assert.Equal(parent.Path, folder.Parent);
        var refused = Assert.Throws<IOException>(() => TemporaryFolder.Create("test", [absent]));
        Assert.Contains("no directory takes a temporary folder", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(parent.Path));
    }

    /// <summary>
    /// A program that makes a folder with a file in it, and ends as it is told, without disposing of anything.
    /// </summary>
    internal static int EndWithFolder(string[] args)
    {
        TemporaryFolder folder = TemporaryFolder.Create("test", [args[0]]);
        File.WriteAllText(folder["file"], "left");
        if (args[1] == "exception") throw new InvalidOperationException("nobody catches this");
        Environment.Exit(0);
        return 0;
    }

    [Theory]
    [InlineData("exit")]
    [InlineData("exception")]
    public void A_program_that_ends_without_disposing_leaves_nothing(string way)
    {
        using var parent = new TempFolder();
        using var child = Child.StartWithErrors("temporary-folder", parent.Path, way);
        child.StandardError.ReadToEnd();
        child.WaitForExit();
        Assert.Empty(Directory.GetFileSystemEntries(parent.Path));
    }
}
