using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Benchmarks.Interop;

internal static partial class Libc
{
    [LibraryImport(Name, EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int Fdatasync(SafeFileHandle file);
}
