using System.Runtime.InteropServices;

namespace NativeChecksum.Interop;

/// <summary>
/// The zlib of the system: a library in C that knows nothing of a cache, and takes an address and a length.
/// </summary>
internal static partial class Zlib
{
    private const string Name = "libz.so.1";

    /// <summary>
    /// zlib.h: crc32. An ordinary call: while it waits for a page of a view, collections go on without it.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "crc32")]
    internal static partial CULong Crc32(CULong checksum, nint bytes, uint length);
}
