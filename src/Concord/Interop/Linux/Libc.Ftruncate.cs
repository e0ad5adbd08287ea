using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    [LibraryImport(Name, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Ftruncate(SafeFileHandle descriptor, long length);
}
