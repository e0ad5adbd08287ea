using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>Makes the whole file system of a file durable. It reports errors since Linux 5.8.</summary>
    [LibraryImport(Name, EntryPoint = "syncfs", SetLastError = true)]
    internal static partial int Syncfs(SafeFileHandle descriptor);
}
