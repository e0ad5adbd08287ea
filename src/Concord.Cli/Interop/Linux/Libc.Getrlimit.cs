using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    /// <summary>How many descriptors the process may have (RLIMIT_NOFILE).</summary>
    internal const int LimitOpenFiles = 7;

    [LibraryImport(Name, EntryPoint = "getrlimit", SetLastError = true)]
    internal static partial int Getrlimit(int resource, out ResourceLimit limit);

    /// <summary>The kernel's <c>struct rlimit</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly struct ResourceLimit
    {
        internal readonly ulong Soft;
        internal readonly ulong Hard;
    }
}
