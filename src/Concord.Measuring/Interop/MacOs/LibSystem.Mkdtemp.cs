using System.Runtime.InteropServices;

namespace Concord.Measuring.Interop.MacOs;

/// <summary>The C library of macOS. One import a file.</summary>
internal static unsafe partial class LibSystem
{
    /// <summary>The same as on Linux. POSIX: mkdtemp.</summary>
    [LibraryImport("libSystem", EntryPoint = "mkdtemp", SetLastError = true)]
    internal static partial byte* Mkdtemp(byte* template);
}
