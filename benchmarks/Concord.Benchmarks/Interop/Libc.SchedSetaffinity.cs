using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static unsafe partial class Libc
{
    /// <summary>Binds a thread to processors. A process id of zero means the calling thread.</summary>
    [LibraryImport(Name, EntryPoint = "sched_setaffinity", SetLastError = true)]
    internal static partial int SchedSetaffinity(int thread, nuint maskBytes, ulong* mask);
}
