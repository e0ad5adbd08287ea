using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    internal const int StandardError = 2;

    [LibraryImport(Name, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(int descriptor, void* source, nuint length);
}
