using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>The most vectors of one call (IOV_MAX).</summary>
    internal const int VectorsMax = 1024;

    [LibraryImport(Name, EntryPoint = "pwritev", SetLastError = true)]
    internal static partial nint Pwritev(FileDescriptor descriptor, IoVector* vectors, int count, long offset);
}
