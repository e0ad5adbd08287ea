using System.Runtime.InteropServices;

namespace Concord.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint MemCommit = 0x1000, MemReserve = 0x2000;
    internal const uint PageReadWrite = 0x04;

    [LibraryImport(Name, EntryPoint = "VirtualAlloc", SetLastError = true)]
    internal static partial nint VirtualAlloc(nint address, nint length, uint allocation, uint protection);
}
