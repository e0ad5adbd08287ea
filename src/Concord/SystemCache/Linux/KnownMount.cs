using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>
/// The type of the file system that was met last: in a tree it is that of the next file too, which saves a call each.
/// </summary>
/// <remarks>
/// Kept only where the kernel numbers mounts so that no later one gets the number: another type in its place would make
/// wrong answers believed.
/// </remarks>
internal sealed class KnownMount
{
    private static volatile KnownMount? Last;

    private readonly ulong _mount;
    private readonly FileSystemType _type;

    private KnownMount(ulong mount, FileSystemType type)
    {
        _mount = mount;
        _type = type;
    }

    /// <summary>The type of the file system that a file is on; null if it was not met last.</summary>
    internal static FileSystemType? TypeOf(FileStatus file) =>
        file.SaysUniqueMount && Last is { } known && known._mount == file.Mount ? known._type : null;

    /// <summary>Notes the type of the file system that a file is on, and returns it.</summary>
    internal static FileSystemType Learn(FileStatus file, FileSystemType type)
    {
        if (file.SaysUniqueMount && type != default) Last = new KnownMount(file.Mount, type);
        return type;
    }
}
