using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>
    /// Writes the file system of a descriptor back, and tells errors since the descriptor was opened (syncfs(2)).
    /// </summary>
    [LibraryImport(Name, EntryPoint = "syncfs", SetLastError = true)]
    internal static partial int Syncfs(SafeHandle descriptor);
}
