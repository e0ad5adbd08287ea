using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

internal static partial class LibSystem
{
    [LibraryImport(Name, EntryPoint = "sys_icache_invalidate")]
    internal static partial void InvalidateInstructionCache(nint address, nuint length);
}
