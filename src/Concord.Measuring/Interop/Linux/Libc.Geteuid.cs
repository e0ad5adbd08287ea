using System.Runtime.InteropServices;

namespace Concord.Measuring.Interop.Linux;

internal static partial class Libc
{
    /// <summary>The user that owns files that this process makes.</summary>
    [LibraryImport(Name, EntryPoint = "geteuid")]
    internal static partial uint Geteuid();
}
