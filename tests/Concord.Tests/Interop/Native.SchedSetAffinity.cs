using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static unsafe partial class Native
{
    /// <summary>Restricts a thread (zero: this one) to the processors in a mask.</summary>
    [LibraryImport(Name, EntryPoint = "sched_setaffinity", SetLastError = true)]
    internal static partial int SchedSetAffinity(int thread, nuint maskBytes, ulong* mask);
}
