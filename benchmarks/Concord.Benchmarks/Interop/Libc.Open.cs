using System.Runtime.InteropServices;

namespace Concord.Benchmarks.Interop;

internal static partial class Libc
{
    internal const int OpenReadWrite = 2, OpenCloseOnExec = 0x80000;

    /// <summary>Past the page cache (O_DIRECT); its number differs between processors.</summary>
    internal static readonly int OpenDirect = RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? 0x10000
        : 0x4000;

    [LibraryImport(Name, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);
}
