using System.Runtime.InteropServices;

namespace Concord.Measuring.Interop.Linux;

internal static partial class Libc
{
    /// <summary>The user as whom this process makes files.</summary>
    [LibraryImport(Name, EntryPoint = "geteuid")]
    internal static partial uint Geteuid();
}
