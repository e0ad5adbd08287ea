using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>
/// Reading a file and mapping it advance its access time. The file's owner may switch that off; other users may not.
/// </summary>
internal static class AccessTime
{
    /// <summary>
    /// Leaves the access time alone from now on. Returns <see langword="false"/> if the kernel does not accept this
    /// process as the file's owner, since only the owner may ask for this.
    /// </summary>
    internal static bool Keep(FileDescriptor file) =>
        Libc.Fcntl(file, Libc.FcntlSetFlags, Libc.OpenNoAccessTime | Libc.OpenNonBlocking) == 0;
}
