using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>C: memcpy. The thread is in native code meanwhile, and so may wait for a page of a view.</summary>
    [LibraryImport(Name, EntryPoint = "memcpy")]
    internal static partial void* CopyMemory(void* destination, void* source, nint bytes);
}
