using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const int MsyncAndWait = 4;

    /// <summary>Does nothing, and says success, on a mapping of a descriptor that is not open for writing.</summary>
    [LibraryImport(Name, EntryPoint = "msync", SetLastError = true)]
    internal static partial int Msync(nint address, nint length, int flags);
}
