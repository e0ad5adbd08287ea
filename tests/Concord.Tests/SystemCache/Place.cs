using Concord.Interop.Linux;
using Concord.Measuring.Files;
using Concord.Tests.Interop;

namespace Concord.Tests.SystemCache;

/// <summary>
/// A directory of a test's own on a file system of a kind: disk, overlay, or tmpfs. Gone with the test.
/// </summary>
internal sealed class Place : IDisposable
{
    internal const string Disk = "disk", Overlay = "overlay", Tmpfs = "tmpfs";

    /// <summary>
    /// File systems whose pages are copies of what a disk holds, by the kernel's numbers: ext, XFS, Btrfs, F2FS.
    /// </summary>
    private static readonly long[] DiskTypes = [0xEF53, 0x58465342, 0x9123683E, 0xF2F52010];

    private readonly TemporaryFolder _root;
    private readonly string? _mounted;

    private Place(TemporaryFolder root, bool isOverlay)
    {
        _root = root;
        _mounted = isOverlay ? $"{root.Path}/merged" : null;
        Directory = _mounted ?? root.Path;
        Upper = isOverlay ? $"{root.Path}/upper" : root.Path;
    }

    internal string Directory { get; }

    /// <summary>Where the files really are: the overlay's upper directory, otherwise the directory itself.</summary>
    internal string Upper { get; }

    /// <summary>Makes a place of a kind, or skips the test with the reason why there is none.</summary>
    internal static Place Make(string kind)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the system's cache is only known on Linux");
        if (kind == Tmpfs) return new(NewFolder("/dev/shm"), isOverlay: false);
        Assert.SkipUnless(kind == Disk || Rights.MayMount, "mounting an overlay needs CAP_SYS_ADMIN");
        TemporaryFolder disk = NewFolder(FindDisk());
        if (kind == Disk) return new(disk, isOverlay: false);
        foreach (string part in new[] { "lower", "upper", "work", "merged" })
            System.IO.Directory.CreateDirectory($"{disk.Path}/{part}");
        string options = $"lowerdir={disk.Path}/lower,upperdir={disk.Path}/upper,workdir={disk.Path}/work";
        Native.Succeeded(Native.Mount("overlay", $"{disk.Path}/merged", "overlay", 0, options), "mount an overlay");
        return new(disk, isOverlay: true);
    }

    /// <summary>Writes a file of so many pages, each with its own bytes, all dirty.</summary>
    internal string WriteFile(int pages, string name = "file")
    {
        string path = System.IO.Path.Combine(Directory, name);
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, 0);
        file.Write(Contents(pages));
        return path;
    }

    /// <summary>What <see cref="WriteFile"/> writes.</summary>
    internal static byte[] Contents(int pages)
    {
        byte[] bytes = new byte[pages * Environment.SystemPageSize];
        new Random(pages).NextBytes(bytes);
        return bytes;
    }

    /// <summary>The same file where it really is.</summary>
    internal string Below(string path) => System.IO.Path.Combine(Upper, System.IO.Path.GetFileName(path));

    public void Dispose()
    {
        if (_mounted is not null) Native.Succeeded(Native.Umount(_mounted), "take the overlay away");
        _root.Dispose();
    }

    /// <summary>Some tests become another user, who has to get in; nobody else may write there.</summary>
    private static TemporaryFolder NewFolder(string parent)
    {
        TemporaryFolder folder = TemporaryFolder.Create("test", [parent]);
        if (OperatingSystem.IsWindows()) return folder;
        File.SetUnixFileMode(
            folder.Path,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead
                | UnixFileMode.GroupExecute
            | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        return folder;
    }

    private static string FindDisk()
    {
        string[] candidates = ["/var/tmp", System.IO.Path.GetTempPath(), AppContext.BaseDirectory];
        string? disk = candidates.FirstOrDefault(IsWritableDisk);
        Assert.SkipWhen(disk is null, $"no directory on a disk to write to among {string.Join(", ", candidates)}");
        return disk;
    }

    private static bool IsWritableDisk(string directory)
    {
        using FileDescriptor file = Libc.Open(directory, Libc.OpenReadOnly);
        if (file.IsInvalid || Libc.Fstatfs(file, out Libc.FileSystemStatus status) != 0
            || !DiskTypes.Contains(status.Type))
            return false;
        return Libc.Faccessat2(file, Libc.MayWrite) == 0;
    }
}
