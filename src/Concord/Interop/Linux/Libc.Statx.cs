using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

internal static unsafe partial class Libc
{
    internal const int AtEmptyPath = 0x1000;
    internal const uint StatxType = 0x1, StatxInode = 0x100;
    internal const int StatxBytes = 256;

    /// <summary>The one form of stat whose structure is the same on every processor.</summary>
    [LibraryImport(Name, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Statx(SafeFileHandle descriptor, string path, int flags, uint mask, byte* result);
}
