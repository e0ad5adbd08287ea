using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

internal static partial class LibSystem
{
    /// <summary>
    /// Reads a number about the system; the machine is little-endian, so a short answer fills the low bytes.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "sysctlbyname", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SysctlByName(
        string name, ref long value, ref nuint valueBytes, nint newValue, nuint newValueBytes);
}
