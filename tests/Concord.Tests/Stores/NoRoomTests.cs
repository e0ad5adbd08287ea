using System.Diagnostics;

namespace Concord.Tests.Stores;

/// <summary>
/// The system takes a part of what is written and no more: the file may not be longer, or the disk is full. Whatever
/// way the bytes took, the caller hears of it, nothing that was accepted is lost, and all of it is in the file when
/// there is room again.
/// </summary>
[Collection(SideBySide.Children)]
public sealed class NoRoomTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(StoreCaching.Buffered)]
    [InlineData(StoreCaching.Automatic)]
    public void Where_files_may_not_be_longer_nothing_is_lost_and_all_is_written_when_they_may(StoreCaching caching)
    {
        ProcessSections.RequireLinux();
        using var child = Child.Start(NoRoomChild.Name, NoRoomChild.LengthLimit, _folder.Path, $"{caching}");
        AssertAll(child);
    }

    [Fact]
    public void On_a_full_disk_nothing_is_lost_and_all_is_written_when_it_has_room()
    {
        ProcessSections.RequireLinux();
        const string Unshare = "/usr/bin/unshare";
        Assert.SkipUnless(File.Exists(Unshare), "unshare of util-linux is not installed; it makes the disk");

        // A disk of the child's own, in memory: nobody else sees it, and it goes with the child.
        const string Mount = "mount -t tmpfs -o size=1500k tmpfs \"$0\" && exec \"$@\"";
        string[] child = [Environment.ProcessPath!, "--child", NoRoomChild.Name, NoRoomChild.FullDisk, _folder.Path,
            $"{StoreCaching.Automatic}"];
        var start = new ProcessStartInfo(Unshare, ["-Urm", "/bin/sh", "-c", Mount, _folder.Path, .. child])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        Assert.SkipWhen(errors.Contains("unshare failed", StringComparison.Ordinal)
            || errors.Contains("permission denied", StringComparison.Ordinal),
            $"this user may not mount a disk of his own: {errors}");
        AssertAll(process);
    }

    private static void AssertAll(Process child)
    {
        string said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, said);
        Assert.DoesNotContain("FAILED", said, StringComparison.Ordinal);
        Assert.EndsWith("all done\n", said, StringComparison.Ordinal);
    }
}
