using System.Runtime.InteropServices;

namespace Concord.Interop.Windows;

internal static partial class Kernel32
{
    internal const uint MemDecommit = 0x4000, MemRelease = 0x8000;

    [LibraryImport(Name, EntryPoint = "VirtualFree", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool VirtualFree(nint address, nuint length, uint kind);
}
