using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const int MadvDontNeed = 4, MadvRemove = 9, MadvDontFork = 10, MadvHugePage = 14, MadvNoHugePage = 15;
    internal const int MadvDontDump = 16, MadvCold = 20, MadvPageOut = 21, MadvPopulateRead = 22;

    /// <summary>Linux 5.18 and 6.1.</summary>
    internal const int MadvDontNeedLocked = 24, MadvCollapse = 25;

    [LibraryImport(Name, EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Madvise(nint address, nint length, int advice);
}
