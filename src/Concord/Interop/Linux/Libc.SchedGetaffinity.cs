using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>The processors that a thread or a process, by its number, may run on.</summary>
    /// <returns>How many bytes of the mask were filled, or -1.</returns>
    [LibraryImport(Name, EntryPoint = "sched_getaffinity", SetLastError = true)]
    internal static partial int SchedGetaffinity(int thread, nuint maskBytes, ulong* mask);
}
