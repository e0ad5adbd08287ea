using System.Runtime.InteropServices;

namespace Cookbook.Interop;

/// <summary>The C library, which takes an address and a length.</summary>
internal static partial class Libc
{
    /// <summary>string.h: memchr.</summary>
    [LibraryImport("libc", EntryPoint = "memchr")]
    internal static partial nint MemoryFind(nint bytes, int value, nuint length);
}
