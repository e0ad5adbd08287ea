using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static partial class Libc
{
    /// <summary>A time as the C library counts it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly struct TimeSpecification(long seconds, long nanoseconds)
    {
        public readonly long Seconds = seconds;
        public readonly long Nanoseconds = nanoseconds;
    }

    [LibraryImport(Name, EntryPoint = "nanosleep", SetLastError = true)]
    internal static unsafe partial int Nanosleep(in TimeSpecification time, TimeSpecification* left);
}
