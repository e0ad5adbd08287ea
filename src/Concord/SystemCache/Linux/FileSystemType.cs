using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>Facts about types of file systems: their names, and how far their answers can be trusted.</summary>
/// <param name="Magic">The kernel's number of the type.</param>
internal readonly record struct FileSystemType(long Magic)
{
    private const long Ext = 0xEF53, Xfs = 0x58465342, Btrfs = 0x9123683E, F2fs = 0xF2F52010, Tmpfs = 0x01021994;
    private const long Ramfs = 0x858458F6, HugetlbFs = 0x958458F6, Overlay = 0x794C7630, SquashFs = 0x73717368;
    private const long Erofs = 0xE0F5E1E2, Iso9660 = 0x9660, Vfat = 0x4D44, ExFat = 0x2011BAB0;
    private const long Fuse = 0x65735546, Nfs = 0x6969, Cifs = 0xFF534D42, Smb2 = 0xFE534D42, Plan9 = 0x01021997;
    private const long Ceph = 0x00C36400, Afs = 0x5346414F, Ecryptfs = 0xF15F;
    private const long Proc = 0x9FA0, Sysfs = 0x62656572, Debugfs = 0x64626720, Tracefs = 0x74726163, Cgroup = 0x27E0EB;
    private const long Cgroup2 = 0x63677270, Securityfs = 0x73636673, Configfs = 0x62656570, Selinux = 0xF97CFF8C;
    private const long Bpf = 0xCAFE4A11, Efivarfs = 0xDE5E81E4, Pstore = 0x6165676C;

    /// <summary>
    /// Whether the file's own page cache has its pages, so that <c>cachestat</c> sees them. On a file system stacked on
    /// others (overlay, FUSE with passthrough) they belong to the file below, and it sees none.
    /// </summary>
    internal bool CachestatSeesAll =>
        Magic is Ext or Xfs or Btrfs or F2fs or Tmpfs or Ramfs or SquashFs or Erofs or Iso9660 or Vfat or ExFat;

    /// <summary>
    /// Whether <c>syncfs</c> writes everything of the file system, waits for it and tells what failed. Others have not
    /// been looked at, do nothing in it, or leave it to a file system below.
    /// </summary>
    internal bool SyncTellsErrors => Magic is Ext or Xfs or Btrfs;

    /// <summary>Whether the cached pages are the file itself.</summary>
    internal bool StoreIsMemory => Magic is Tmpfs or Ramfs or HugetlbFs;

    /// <summary>
    /// Whether its files are huge pages, about which <c>cachestat</c> tells nothing, and of which a mapping reserves
    /// some.
    /// </summary>
    internal bool HasHugePages => Magic is HugetlbFs;

    /// <summary>
    /// Whether the kernel makes the contents when they are read: it keeps no pages, and reading may have effects.
    /// </summary>
    internal bool KeepsNoPages =>
        Magic is Proc or Sysfs or Debugfs or Tracefs or Cgroup or Cgroup2 or Securityfs or Configfs or Selinux or Bpf
            or Efivarfs or Pstore;

    /// <summary>
    /// Whether opening a file may already drop its pages: FUSE does, unless the program behind it asks otherwise.
    /// </summary>
    internal bool OpeningDropsPages => Magic is Fuse;

    /// <summary>Whether opening a file for writing, with nothing written, already copies it.</summary>
    internal bool OpeningForWritingCopies => Magic is Overlay;

    /// <summary>
    /// What else may have copies that this system cannot see or drop; <see langword="null"/> for nothing.
    /// </summary>
    internal string? Server => Magic switch
    {
        Fuse => "a program serves this file system (FUSE)",
        Nfs or Cifs or Smb2 or Plan9 or Ceph or Afs => "a server has this file system",
        Ecryptfs => "this file system keeps its files, encrypted, on another one",
        _ => null,
    };

    internal static FileSystemType Of(FileDescriptor file) =>
        Libc.Fstatfs(file, out Libc.FileSystemStatus status) == 0 ? new(status.Type) : default;

    /// <summary>The kernel's name for the file system mounted as <paramref name="mount"/>.</summary>
    internal string NameAt(ulong mount) => NameInMountTable(mount) ?? $"0x{Magic:x}";

    /// <summary>
    /// A line of the table: number, parent, device, root, place, options, optional fields, "-", the name.
    /// </summary>
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
