using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static unsafe partial class Native
{
    /// <summary>How much address space the process may have (RLIMIT_AS).</summary>
    internal const int AddressSpaceLimit = 9;

    /// <summary>Two words: the limit now, and the most it may be.</summary>
    [LibraryImport(Name, EntryPoint = "setrlimit", SetLastError = true)]
    internal static partial int Setrlimit(int resource, ulong* limits);
}
