using System.Collections.Concurrent;
using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>What is known of kinds of file systems: their names, and what their answers are worth.</summary>
/// <param name="Magic">The number by which the kernel tells kinds apart.</param>
internal readonly record struct FileSystemType(long Magic)
{
    private const long Ext = 0xEF53, Xfs = 0x58465342, Btrfs = 0x9123683E, F2fs = 0xF2F52010, Tmpfs = 0x01021994;
    private const long Ramfs = 0x858458F6, HugetlbFs = 0x958458F6, Overlay = 0x794C7630, SquashFs = 0x73717368;
    private const long Erofs = 0xE0F5E1E2, Iso9660 = 0x9660, Vfat = 0x4D44, ExFat = 0x2011BAB0;

    private static readonly ConcurrentDictionary<(ulong Mount, long Magic), string> NamesByMount = new();

    /// <summary>
    /// Whether the file's own page cache is where its pages are, so that <c>cachestat</c> sees them. On a file system
    /// stacked on others (overlay, FUSE with passthrough) they belong to the file below, and it sees none.
    /// </summary>
    internal bool CachestatSeesAll =>
        Magic is Ext or Xfs or Btrfs or F2fs or Tmpfs or Ramfs or SquashFs or Erofs or Iso9660 or Vfat or ExFat;

    /// <summary>Whether the cached pages are the file itself.</summary>
    internal bool StoreIsMemory => Magic is Tmpfs or Ramfs or HugetlbFs;

    /// <summary>Whether opening a file for writing, with nothing written, already copies it.</summary>
    internal bool OpeningForWritingCopies => Magic is Overlay;

    internal static FileSystemType Of(FileDescriptor file) =>
        Libc.Fstatfs(file, out Libc.FileSystemStatus status) == 0 ? new(status.Type) : default;

    /// <summary>The kernel's name for the file system mounted as <paramref name="mount"/>.</summary>
    internal string NameAt(ulong mount)
    {
        if (NamesByMount.TryGetValue((mount, Magic), out string? name)) return name;
        name = NameInMountTable(mount) ?? $"0x{Magic:x}";
        NamesByMount.TryAdd((mount, Magic), name);
        return name;
    }

    /// <summary>A line of the table: number, parent, device, root, place, options, optional fields, "-", the name.</summary>
    private static string? NameInMountTable(ulong mount)
    {
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            string[] fields = line.Split(' ');
            if (!ulong.TryParse(fields[0], out ulong number) || number != mount) continue;
            int dash = Array.IndexOf(fields, "-");
            if (dash >= 0 && dash + 1 < fields.Length) return fields[dash + 1];
        }

        return null;
    }
}
