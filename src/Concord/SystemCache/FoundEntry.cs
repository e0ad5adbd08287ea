using Concord.Interop.Linux;
using Concord.SystemCache.Linux;

namespace Concord.SystemCache;

/// <summary>
/// A regular file that a walk over a directory has met: found by its name in the open directory, and examined once, for
/// the walk and for its use. By its path both would look it up again.
/// </summary>
/// <param name="File">The file, found and not opened yet.</param>
/// <param name="Status">What it is.</param>
internal readonly record struct FoundEntry(SystemFile File, FileStatus Status)
{
    /// <summary>Finds a file.</summary>
    /// <param name="directory">The directory's descriptor.</param>
    /// <param name="name">The name in it; a link is not followed.</param>
    /// <param name="path">The path, for messages.</param>
    /// <exception cref="FileNotFoundException">It is gone.</exception>
    /// <exception cref="IOException">It is not a regular file, or the system refused to find it.</exception>
    internal static FoundEntry Find(int directory, string name, string path)
    {
        LinuxPageCacheFile file = LinuxPageCacheFile.FindIn(directory, name, path);
        return new(new SystemFile(path, file), file.Status);
    }
}
