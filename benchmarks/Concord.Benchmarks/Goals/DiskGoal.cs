using Concord.Benchmarks.Harness;

namespace Concord.Benchmarks.Goals;

/// <summary>What goals need that compare with direct I/O on a disk.</summary>
internal static class DiskGoal
{
    public static string? Missing(RunSettings settings)
    {
        if (!OperatingSystem.IsLinux()) return "the peers are Linux's system calls";
        if (!DiskDirectory.IsOnDisk(settings.Directory))
            return $"the files would lie on {DiskDirectory.FileSystemOf(settings.Directory)}; name a directory on a "
                + "disk file system with --directory";
        string path = settings.Folder["probe"];
        using var store = LocalFileStore.Open(
            path, FileMode.CreateNew, FileAccess.ReadWrite, caching: StoreCaching.Direct);
        File.Delete(path);
        return store.BufferedReason is { } reason ? $"there is no direct I/O in {settings.Directory}: {reason}" : null;
    }
}
