using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>
    /// One byte a page; bit 0 means resident. For a mapping without the right to know, all pages are "resident".
    /// </summary>
    [LibraryImport(Name, EntryPoint = "mincore", SetLastError = true)]
    internal static partial int Mincore(nint address, nint length, byte* pages);
}
