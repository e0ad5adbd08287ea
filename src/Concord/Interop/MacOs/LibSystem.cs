using System.Runtime.InteropServices;

namespace Concord.Interop.MacOs;

/// <summary>The system library of macOS. One import a file.</summary>
internal static partial class LibSystem
{
    private const string Name = "libSystem.dylib";

    /// <summary>The error message of the last failed import on this thread.</summary>
    internal static string LastErrorMessage(string action)
    {
        int errno = Marshal.GetLastPInvokeError();
        return $"{action}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})";
    }
}
