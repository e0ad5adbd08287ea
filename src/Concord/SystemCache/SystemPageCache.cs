using Concord.Interop;
using Concord.SystemCache.Linux;

namespace Concord.SystemCache;

/// <summary>Chooses the implementation for the system that this process runs on.</summary>
internal static class SystemPageCache
{
    /// <summary>What this system lacks, or <see langword="null"/>.</summary>
    internal static string? UnsupportedReason { get; } = FilePages.UnsupportedReason is null
        ? null
        : "SystemFile needs a system that says which pages of a file are cached and drops them on request " +
          "(cachestat or mincore, and posix_fadvise); Concord knows how to ask Linux only";

    /// <exception cref="PlatformNotSupportedException">There is no implementation for this system.</exception>
    internal static PageCacheFile Open(string path) => UnsupportedReason is { } reason
        ? throw new PlatformNotSupportedException(reason)
        : LinuxPageCacheFile.Open(path);
}
