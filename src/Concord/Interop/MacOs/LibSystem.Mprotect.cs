using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

internal static partial class LibSystem
{
    [LibraryImport(Name, EntryPoint = "mprotect", SetLastError = true)]
    internal static partial int Mprotect(nint address, nint length, int protection);
}
