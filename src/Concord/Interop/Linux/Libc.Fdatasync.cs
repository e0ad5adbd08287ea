using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    [LibraryImport(Name, EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int Fdatasync(FileDescriptor descriptor);

    [LibraryImport(Name, EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int Fdatasync(SafeFileHandle descriptor);
}
