using System.Runtime.InteropServices;

namespace Concord.Interop.Windows;

internal static partial class Kernel32
{
    [LibraryImport(Name, EntryPoint = "VirtualProtect", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool VirtualProtect(nint address, nuint length, uint protection, out uint former);
}
