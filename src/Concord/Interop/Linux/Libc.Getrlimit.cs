using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    /// <summary>
    /// The longest file this process may make (setrlimit(2)); one that grows beyond it gets a signal.
    /// </summary>
    internal const int LimitFileSize = 1;

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
