using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    [LibraryImport(Name, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Fsync(FileDescriptor descriptor);
}
