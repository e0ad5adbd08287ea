using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const int OpenReadOnly = 0, OpenReadWrite = 2, OpenNoTerminal = 0x100, OpenNonBlocking = 0x800;
    internal const int OpenCloseOnExec = 0x80000;

    /// <summary>Opens without creating; an invalid descriptor and the last error when it fails.</summary>
    [LibraryImport(Name, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial FileDescriptor Open(string path, int flags);
}
