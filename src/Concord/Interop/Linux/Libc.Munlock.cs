using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    [LibraryImport(Name, EntryPoint = "munlock", SetLastError = true)]
    internal static partial int Munlock(nint address, nint length);
}
