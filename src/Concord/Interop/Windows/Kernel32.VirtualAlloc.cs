using System.Runtime.InteropServices;

namespace Concord.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint MemCommit = 0x1000, MemReserve = 0x2000;
    internal const uint PageNoAccess = 0x01, PageReadWrite = 0x04, PageExecute = 0x10, PageExecuteRead = 0x20, PageGuard = 0x100;

    [LibraryImport(Name, EntryPoint = "VirtualAlloc", SetLastError = true)]
    internal static partial nint VirtualAlloc(nint address, nuint length, uint allocation, uint protection);
}
