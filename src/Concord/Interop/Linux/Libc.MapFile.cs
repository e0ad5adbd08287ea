using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>mmap of a file, whose handle is held while the call runs.</summary>
    [LibraryImport(Name, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint MapFile(nint address, nint length, int protection, int flags, SafeFileHandle file, long offset);
}
