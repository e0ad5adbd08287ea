using System.Runtime.InteropServices;

namespace Concord.Measuring.Interop.Linux;

internal static unsafe partial class Libc
{
    /// <summary>
    /// Makes a folder under an unused name, which only this user may enter. The last six characters of
    /// <paramref name="template"/>, all X, become the name; a zero follows them. POSIX: mkdtemp.
    /// </summary>
    [LibraryImport(Name, EntryPoint = "mkdtemp", SetLastError = true)]
    internal static partial byte* Mkdtemp(byte* template);
}
