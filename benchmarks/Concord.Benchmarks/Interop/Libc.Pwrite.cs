using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static unsafe partial class Libc
{
    /// <summary>As cheap as .NET calls anything that may wait: no handle is counted, no error is kept.</summary>
    [LibraryImport(Name, EntryPoint = "pwrite")]
    internal static partial nint Pwrite(int file, byte* source, nint count, long offset);
}
