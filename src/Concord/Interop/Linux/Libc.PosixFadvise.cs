using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const int FadviseWillNeed = 3, FadviseDontNeed = 4;

    /// <summary>Returns the error itself, 0 for none. Success does not mean that all pages are gone.</summary>
    [LibraryImport(Name, EntryPoint = "posix_fadvise")]
    internal static partial int PosixFadvise(SafeHandle descriptor, long offset, long length, int advice);
}
