using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const int MadvDontNeed = 4, MadvDontFork = 10, MadvNoHugePage = 15, MadvCold = 20, MadvPageOut = 21, MadvPopulateRead = 22, MadvCollapse = 25;

    [LibraryImport(Name, EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Madvise(nint address, nint length, int advice);
}
