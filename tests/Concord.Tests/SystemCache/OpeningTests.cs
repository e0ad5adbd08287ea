using System.Net.Sockets;
using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache;

/// <summary>What can be opened, and how clearly everything else is refused.</summary>
public sealed class OpeningTests
{
    [Fact]
    public void On_Linux_it_is_supported_and_elsewhere_it_says_what_is_missing()
    {
        Assert.Equal(OperatingSystem.IsLinux(), SystemFile.IsSupported);
        Assert.Equal(SystemFile.IsSupported, SystemFile.UnsupportedReason is null);
        if (SystemFile.IsSupported) return;
        var error = Assert.Throws<PlatformNotSupportedException>(() => SystemFile.Open("file"));
        Assert.Contains("posix_fadvise", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_missing_directory_are_told_apart()
    {
        using Place place = Place.Make(Place.Disk);
        string missing = Path.Combine(place.Directory, "missing");
        Assert.Contains(missing, Assert.Throws<FileNotFoundException>(() => SystemFile.Open(missing)).Message,
            StringComparison.Ordinal);
        string below = Path.Combine(missing, "file");
        Assert.Contains(below, Assert.Throws<DirectoryNotFoundException>(() => SystemFile.Open(below)).Message,
            StringComparison.Ordinal);
        string through = Path.Combine(place.WriteFile(1), "file");
        Assert.Throws<DirectoryNotFoundException>(() => SystemFile.Open(through));
    }

    [Fact]
    public void What_is_not_a_regular_file_is_called_by_its_name_and_never_waited_for()
    {
        using Place place = Place.Make(Place.Disk);
        string pipe = Path.Combine(place.Directory, "pipe"), socket = Path.Combine(place.Directory, "socket");
        Native.Succeeded(Native.Mkfifo(pipe, 0b110_100_100), "make a pipe");
        using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        Refuses(place.Directory, "a directory");
        Refuses(pipe, "a pipe");
        Refuses(socket, "a socket");
        Refuses("/dev/null", "a character device");
    }

    [Fact]
    public void Bad_paths_are_refused()
    {
        Assert.SkipUnless(SystemFile.IsSupported, "the system's cache is only known on Linux");
        Assert.Throws<ArgumentNullException>(() => SystemFile.Open(null!));
        Assert.Throws<ArgumentException>(() => SystemFile.Open(""));
        Assert.Equal("path", Assert.Throws<ArgumentException>(() => SystemFile.Open("a\0b")).ParamName);
        Assert.Throws<PathTooLongException>(() => SystemFile.Open("/" + new string('x', 300)));
    }

    [Fact]
    public void A_link_is_followed_and_a_link_to_itself_is_refused()
    {
        using Place place = Place.Make(Place.Disk);
        string path = place.WriteFile(3), link = Path.Combine(place.Directory, "link"), loop = Path.Combine(
            place.Directory, "loop");
        File.CreateSymbolicLink(link, path);
        File.CreateSymbolicLink(loop, loop);
        using SystemFile file = SystemFile.Open(link);
        Assert.Equal((link, 3L * Environment.SystemPageSize), (file.Path, file.Length));
        Assert.Contains(loop, Assert.ThrowsAny<IOException>(() => SystemFile.Open(loop)).Message,
            StringComparison.Ordinal);
    }

    [Theory, InlineData(Place.Disk), InlineData(Place.Overlay), InlineData(Place.Tmpfs)]
    public void The_file_system_is_called_as_the_kernel_calls_it(string kind)
    {
        using Place place = Place.Make(kind);
        using SystemFile file = SystemFile.Open(place.WriteFile(1));
        string[] expected = kind == Place.Disk ? ["ext4", "ext3", "ext2", "xfs", "btrfs", "f2fs"] : [kind];
        Assert.Contains(file.FileSystem, expected);
    }

    [Fact]
    public void A_file_that_no_disk_holds_has_nothing_to_drop()
    {
        Assert.SkipUnless(SystemFile.IsSupported, "the system's cache is only known on Linux");
        using SystemFile file = SystemFile.Open("/proc/self/status");
        Assert.Equal(0, file.Query().Pages);
        Assert.Equal(CoherencyStatus.Success, file.FlushAndPurge().Status);
        using SystemFile made = SystemFile.Open("/sys/kernel/mm/transparent_hugepage/enabled");
        Assert.Equal(0, made.Query().Resident);
        Assert.Equal(CoherencyStatus.Success, made.FlushAndPurge().Status);
        Assert.Equal(0, made.Load(TestContext.Current.CancellationToken));
    }

    private static void Refuses(string path, string kind)
    {
        string message = Assert.Throws<IOException>(() => SystemFile.Open(path)).Message;
        Assert.Contains(path, message, StringComparison.Ordinal);
        Assert.Contains(kind, message, StringComparison.Ordinal);
    }
}
