using System.Diagnostics;

namespace Concord.Tests.SystemCache;

/// <summary>
/// A file system on a disk that fails: its image lies on a tmpfs too small for it, so writes beyond that are errors of
/// the disk. It can be filled to the last page, healed, and taken out and put in again, which shows what is on it.
/// </summary>
internal sealed class FailingDisk : IDisposable
{
    /// <summary>More than the tmpfs takes, less than the file system does.</summary>
    internal const int PagesTooMany = 6000;

    private const string TmpfsSize = "8m", HealedSize = "256m", ImageSize = "64M";

    private readonly string _root;
    private readonly Stack<string> _mounted = new();

    private FailingDisk(string root) => _root = root;

    internal string Directory => $"{_root}/disk";

    private string Image => $"{_root}/memory/image";

    private string Filler => $"{_root}/memory/filler";

    /// <summary>From now on no new block of the disk can be written.</summary>
    internal void Fill()
    {
        Run("sync", "-f", Directory);
        using var filler = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) filler.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Full: as it should be.
            return;
        }
    }

    /// <summary>From now on every block can be written.</summary>
    internal void Heal()
    {
        File.Delete(Filler);
        Run("mount", "-o", $"remount,size={HealedSize}", $"{_root}/memory");
    }

    /// <summary>Takes the disk out and puts it in again: what was only in memory is gone.</summary>
    internal void PutInAgain()
    {
        Run("umount", _mounted.Pop());
        Run("mount", "-o", "loop,errors=continue", Image, Directory);
        _mounted.Push(Directory);
    }

    internal static FailingDisk Make()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the system's cache is only known on Linux");
        Assert.SkipUnless(Rights.MayMount, "mounting a failing disk needs CAP_SYS_ADMIN");
        Assert.SkipUnless(File.Exists("/dev/loop-control"), "a failing disk needs loop devices");
        FailingDisk disk = new(System.IO.Directory.CreateTempSubdirectory("concord-failing-").FullName);
        try
        {
            System.IO.Directory.CreateDirectory($"{disk._root}/memory");
            System.IO.Directory.CreateDirectory(disk.Directory);
            Run("mount", "-t", "tmpfs", "-o", $"size={TmpfsSize}", "tmpfs", $"{disk._root}/memory");
            disk._mounted.Push($"{disk._root}/memory");
            Run("truncate", "-s", ImageSize, disk.Image);
            Run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", disk.Image);
            Run("mount", "-o", "loop,errors=continue", disk.Image, disk.Directory);
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
        // Lazily: a test that failed may have left a file open, and its own error is the one to be seen.
        while (_mounted.TryPop(out string? mounted)) Run("umount", "-l", mounted);
        System.IO.Directory.Delete(_root, recursive: true);
    }

    private static void Run(string program, params string[] args)
    {
        using Process process = Process.Start(program, args);
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new IOException($"{program} {string.Join(' ', args)} failed ({process.ExitCode})");
    }
}
