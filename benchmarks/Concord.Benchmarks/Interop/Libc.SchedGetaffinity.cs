using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static unsafe partial class Libc
{
    /// <summary>The processors a thread may run on. A process id of zero means the calling thread.</summary>
    [LibraryImport(Name, EntryPoint = "sched_getaffinity", SetLastError = true)]
    internal static partial int SchedGetaffinity(int thread, nuint maskBytes, ulong* mask);
}
