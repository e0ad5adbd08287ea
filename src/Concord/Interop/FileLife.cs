using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// The identity of a file from its making to its deletion: the key for state that outlives every descriptor, since the
/// number of a deleted file is given to a later one.
/// </summary>
/// <param name="Identity">The file's identity, unique while it is open.</param>
/// <param name="Born">When it was made, in nanoseconds; 0 if the system does not report it.</param>
/// <remarks>
/// The time is not part of the identity: an overlay copies a file up when it is first written, and the copy is younger
/// than the same file opened before.
/// </remarks>
internal sealed record FileLife(FileIdentity Identity, long Born)
{
    internal static FileLife Of(SafeFileHandle handle, string path) =>
        new(FileIdentity.Of(handle, path), OperatingSystem.IsLinux() ? LinuxFile.BirthOf(handle) : 0);
}
