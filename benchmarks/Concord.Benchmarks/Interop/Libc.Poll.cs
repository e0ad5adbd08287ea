using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static unsafe partial class Libc
{
    internal const short PollIn = 1;

    [StructLayout(LayoutKind.Sequential)]
    internal struct PollEntry
    {
        internal int Descriptor;
        internal short Events;
        internal short Returned;
    }

    [LibraryImport(Name, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollEntry* entries, nuint count, int milliseconds);
}
