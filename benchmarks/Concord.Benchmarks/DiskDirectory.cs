namespace Concord.Benchmarks;

/// <summary>Where files to be measured are made.</summary>
internal static class DiskDirectory
{
    /// <summary>File systems without a disk below, or whose cache the kernel does not tell about.</summary>
    private static readonly string[] Unsuitable = ["tmpfs", "ramfs", "overlay", "overlayfs"];

    /// <summary>The directory asked for, or the first of the usual places that lies on a disk file system.</summary>
    /// <exception cref="ArgumentException">The directory asked for does not exist.</exception>
    public static string Choose(string? wanted)
    {
        if (wanted is not null)
            return Directory.Exists(wanted)
                ? wanted
                : throw new ArgumentException($"--directory: there is no directory '{wanted}'");
        string[] usual = [Path.GetTempPath(), Directory.GetCurrentDirectory(), AppContext.BaseDirectory];
        return usual.FirstOrDefault(IsOnDisk) ?? usual[0];
    }

    public static bool IsOnDisk(string directory) => !Unsuitable.Contains(FileSystemOf(directory));

    /// <summary>The file system's name: ext4, xfs, tmpfs.</summary>
    public static string FileSystemOf(string directory) => new DriveInfo(directory).DriveFormat;
}
