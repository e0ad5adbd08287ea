using System.Diagnostics;

namespace Concord.Tests.SystemCache;

/// <summary>
/// A file system on a disk that fails: its image lies on a tmpfs too small for it, so writes beyond that are errors of
/// the disk.
/// </summary>
internal sealed class FailingDisk : IDisposable
{
    /// <summary>More than the tmpfs takes, less than the file system does.</summary>
    internal const int PagesTooMany = 6000;

    private const string TmpfsSize = "8m", ImageSize = "64M";

    private readonly string _root;
    private readonly Stack<string> _mounted = new();

    private FailingDisk(string root) => _root = root;

    internal string Directory => $"{_root}/disk";

    internal static FailingDisk Make()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the system's cache is only known on Linux");
        Assert.SkipUnless(Place.IsRoot, "mounting a failing disk needs root");
        Assert.SkipUnless(File.Exists("/dev/loop-control"), "a failing disk needs loop devices");
        FailingDisk disk = new(System.IO.Directory.CreateTempSubdirectory("concord-failing-").FullName);
        try
        {
            System.IO.Directory.CreateDirectory($"{disk._root}/memory");
            System.IO.Directory.CreateDirectory(disk.Directory);
            Run("mount", "-t", "tmpfs", "-o", $"size={TmpfsSize}", "tmpfs", $"{disk._root}/memory");
            disk._mounted.Push($"{disk._root}/memory");
            Run("truncate", "-s", ImageSize, $"{disk._root}/memory/image");
            Run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", $"{disk._root}/memory/image");
            Run("mount", "-o", "loop,errors=continue", $"{disk._root}/memory/image", disk.Directory);
            disk._mounted.Push(disk.Directory);
            return disk;
        }
        catch
        {
            disk.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        while (_mounted.TryPop(out string? mounted)) Run("umount", mounted);
        System.IO.Directory.Delete(_root, recursive: true);
    }

    private static void Run(string program, params string[] args)
    {
        using Process process = Process.Start(program, args);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new IOException($"{program} {string.Join(' ', args)} failed ({process.ExitCode})");
    }
}
