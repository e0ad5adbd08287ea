using Concord.Interop.Linux;

namespace Concord.SystemCache.Linux;

/// <summary>
/// Reading a file and mapping it advance its access time, as for any reader. Who owns the file can have that left out;
/// for others it stays so.
/// </summary>
internal static class AccessTime
{
    /// <summary>
    /// Leaves the access time alone from now on; <see langword="false"/> when the kernel does not accept this process
    /// as the file's owner, which is the rule by which it grants this.
    /// </summary>
    internal static bool Keep(FileDescriptor file) =>
        Libc.Fcntl(file, Libc.FcntlSetFlags, Libc.OpenNoAccessTime | Libc.OpenNonBlocking) == 0;
}
