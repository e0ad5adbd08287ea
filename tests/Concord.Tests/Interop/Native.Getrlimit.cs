using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static unsafe partial class Native
{
    /// <summary>Limits of a process: the length of files, the threads of its user, open descriptors.</summary>
    internal const int LimitFileSize = 1, LimitThreads = 6, LimitDescriptors = 7;

    /// <summary>Sets the soft limit, and leaves the hard one, so that it can be raised again.</summary>
    internal static void Limit(int resource, ulong soft)
    {
        ulong* limits = stackalloc ulong[2];
        Succeeded(Getrlimit(resource, limits), "ask for a limit");
        limits[0] = Math.Min(soft, limits[1]);
        Succeeded(Setrlimit(resource, limits), "set a limit");
    }

    [LibraryImport(Name, EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int Getrlimit(int resource, ulong* limits);
}
