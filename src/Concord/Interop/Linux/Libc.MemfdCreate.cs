using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    internal const uint MfdCloseOnExec = 1;

    /// <summary>Memory with a descriptor; an invalid handle and the last error when it fails.</summary>
    /// <remarks>The call returns 32 bits, and a handle that the marshaller fills has 64: hence the two steps.</remarks>
    internal static SafeFileHandle MemfdCreate(string name, uint flags) =>
        new(MemfdCreateNumber(name, flags), ownsHandle: true);

    [LibraryImport(Name, EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreateNumber(string name, uint flags);
}
