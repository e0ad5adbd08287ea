using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static partial class Libc
{
    /// <summary>How many bytes a process may lock (RLIMIT_MEMLOCK).</summary>
    internal const int LimitLockedMemory = 8;

    /// <summary>Loads the pages of a mapping and keeps them in memory until it ends. POSIX: mlock.</summary>
    [LibraryImport(Name, EntryPoint = "mlock", SetLastError = true)]
    internal static partial int LockMemory(nint address, nint length);
}
