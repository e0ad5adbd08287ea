using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>
    /// Opens, without creating, a name in an open directory. Returns an invalid descriptor if that fails.
    /// </summary>
    internal static FileDescriptor OpenAt(SafeHandle directory, string name, int flags) =>
        new(OpenAtNumber(directory, name, flags));

    [LibraryImport(Name, EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAtNumber(SafeHandle directory, string name, int flags);
}
