using Concord.Interop.Linux;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop;

/// <summary>
/// One file from its making to its end: what outlives every descriptor is kept under this, since a number that a
/// deleted file had is given to the next one.
/// </summary>
/// <param name="Identity">What the file is as long as somebody has it open.</param>
/// <param name="Born">When it was made, in nanoseconds; 0 where the system does not say.</param>
/// <remarks>
/// The time is no part of the identity: an overlay copies a file up when it is first written, and the copy is younger
/// than the same file opened before.
/// </remarks>
internal sealed record FileLife(FileIdentity Identity, long Born)
{
    internal static FileLife Of(SafeFileHandle handle, string path) =>
        new(FileIdentity.Of(handle, path), OperatingSystem.IsLinux() ? LinuxFile.BirthOf(handle) : 0);
}
