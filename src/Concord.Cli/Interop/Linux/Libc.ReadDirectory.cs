using System.Runtime.InteropServices;

namespace Concord.Cli.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>Where the name stands in an entry, on 64-bit processors; a zero ends it.</summary>
    internal const int EntryName = 19;

    /// <summary>Where the kind stands.</summary>
    internal const int EntryKind = 18;

    /// <summary>
    /// The next entry, valid until the next call; null at the end, with 0 as the last error. POSIX: readdir.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "readdir", SetLastError = true)]
    internal static partial byte* ReadDirectory(nint directory);
}
