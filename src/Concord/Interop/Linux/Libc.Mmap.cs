using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const int ProtNone = 0, ProtRead = 1, ProtWrite = 2, ProtExec = 4;
    internal const int MapShared = 0x1, MapPrivate = 0x2, MapFixed = 0x10, MapAnonymous = 0x20, MapNoReserve = 0x4000;
    internal static readonly nint MapFailed = -1;

    [LibraryImport(Name, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Mmap(nint address, nint length, int protection, int flags, int descriptor,
        long offset);

    /// <summary>mmap of a file, whose handle is held while the call runs.</summary>
    [LibraryImport(Name, EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Mmap(nint address, nint length, int protection, int flags, SafeHandle file,
        long offset);
}
