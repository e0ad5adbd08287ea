using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const int MsyncAndWait = 4;

    /// <summary>On a mapping of a descriptor that is not open for writing, does nothing and returns success.</summary>
    [LibraryImport(Name, EntryPoint = "msync", SetLastError = true)]
    internal static partial int Msync(nint address, nint length, int flags);
}
