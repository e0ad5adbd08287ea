using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static partial class Libc
{
    internal const int MadviseDontNeed = 4, MadviseNoHugePage = 15;

    [LibraryImport(Name, EntryPoint = "madvise", SetLastError = true)]
    internal static partial int Madvise(nint address, nint length, int advice);
}
