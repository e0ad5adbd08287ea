using System.Runtime.InteropServices;

namespace Concord.Interop.Windows;

internal static partial class Kernel32
{
    [LibraryImport(Name, EntryPoint = "FlushInstructionCache", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool FlushInstructionCache(nint process, nint address, nuint length);
}
