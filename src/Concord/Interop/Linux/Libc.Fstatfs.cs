using System.Runtime.InteropServices;

namespace Concord.Interop.Linux;

internal static partial class Libc
{
    [LibraryImport(Name, EntryPoint = "fstatfs", SetLastError = true)]
    internal static partial int Fstatfs(SafeHandle descriptor, out FileSystemStatus status);

    /// <summary>The kernel's <c>struct statfs</c> on 64-bit processors; only the type is read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 120)]
    internal struct FileSystemStatus
    {
        [FieldOffset(0)]
        internal readonly long Type;
    }
}
