using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static unsafe partial class Libc
{
    /// <summary>One byte a page; bit 0 says resident.</summary>
    [LibraryImport(Name, EntryPoint = "mincore", SetLastError = true)]
    internal static partial int Mincore(nint address, nint length, byte* pages);
}
