using System.Runtime.InteropServices;

namespace Concord.Tests.Interop;

internal static partial class Native
{
    /// <summary>Copies in native code, where a thread may wait for a page of a view.</summary>
    [LibraryImport(Name, EntryPoint = "memcpy")]
    internal static partial nint Memcpy(nint destination, nint source, nuint length);
}
