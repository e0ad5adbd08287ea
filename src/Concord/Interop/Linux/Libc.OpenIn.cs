using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Does not follow a symbolic link. Its number is one of the few that differ between processors.</summary>
    private static readonly int OpenNoFollow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? 0x8000
        : 0x20000;

    /// <summary>
    /// Finds what a name in an open directory is, without opening it (O_PATH) and without following a link. If that
    /// fails, returns an invalid descriptor and sets the last error.
    /// </summary>
    internal static FileDescriptor FindIn(int directory, string name)
    {
        fixed (byte* bytes = PathBytes.Encode(name))
            return new(OpenInNumber(directory, bytes, OpenPath | OpenNoFollow | OpenCloseOnExec));
    }

    [LibraryImport(Name, EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenInNumber(int directory, byte* name, int flags);
}
