using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static unsafe partial class Native
{
    /// <summary>The processors that a thread (zero: this one) may run on.</summary>
    [LibraryImport(Name, EntryPoint = "sched_getaffinity", SetLastError = true)]
    internal static partial int SchedGetAffinity(int thread, nuint maskBytes, ulong* mask);
}
