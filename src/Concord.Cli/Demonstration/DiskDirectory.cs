namespace Concord.Cli.Demonstration;

/// <summary>Where the demonstration's file may lie.</summary>
internal static class DiskDirectory
{
    /// <summary>
    /// File systems whose files are memory, or are kept by another file system: the cache looks different there.
    /// </summary>
    private static readonly string[] NotOnDisk = ["tmpfs", "ramfs", "overlay", "overlayfs", "devtmpfs", "fuse", "9p",
        "nfs"];

    /// <summary>Directories to try in turn: those on a disk first, each group in the order of convenience.</summary>
    internal static IReadOnlyList<string> Candidates()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] all = [Environment.CurrentDirectory, Path.GetTempPath(), "/var/tmp", home];
        List<string> onDisk = [];
        List<string> others = [];
        foreach (string directory in all)
        {
            if (!Directory.Exists(directory) || onDisk.Contains(directory) || others.Contains(directory)) continue;
            (IsOnDisk(directory) ? onDisk : others).Add(directory);
        }

        return [.. onDisk, .. others];
    }

    private static bool IsOnDisk(string directory)
    {
        try
        {
            return Array.IndexOf(NotOnDisk, new DriveInfo(directory).DriveFormat) < 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A file system of unknown type comes last, but is not left out.
            return false;
        }
    }
}
