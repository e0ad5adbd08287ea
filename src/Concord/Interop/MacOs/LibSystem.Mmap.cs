using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

internal static partial class LibSystem
{
    internal const int ProtNone = 0, ProtRead = 1, ProtWrite = 2, ProtExec = 4;
    internal const int MapPrivate = 0x2, MapFixed = 0x10, MapNoReserve = 0x40, MapAnonymous = 0x1000;
    internal static readonly nint MapFailed = -1;

    [LibraryImport(Name, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Mmap(
        nint address, nint length, int protection, int flags, int descriptor, long offset);
}
